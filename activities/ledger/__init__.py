"""The send ledger: who has which letter, for every worker that could send it again."""
