"""The codec server: it shows people their cases in the Web UI and the `temporal` command.

`app.py` answers `/encode`, `/decode` and the login page, `people.py` knows who may,
`tokens.py` keeps the hashes of their tokens, `wire.py` reads and writes payloads as Temporal
spells them, `server.py` serves it all on a socket. It needs the extra `codec`.
"""
