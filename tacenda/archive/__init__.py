"""The record: the full account of a case, which outlives the server, and who can check it.

`entries` says what of a case is on record, `chain` holds it together, `record` makes and reads
the file, `keys` signs and seals it, `storage` is where it lies, `public` what of it anybody may
read.
"""
