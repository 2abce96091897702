"""Which ledger it is: a file for one host, a database for several."""

from pathlib import Path

from activities.ledger.claims import Ledger
from activities.ledger.file import FileLedger
from activities.ledger.rows import LEASE_SECONDS
from tacenda.beside import is_database
from tacenda.home import ledger_place

HIDDEN_WITH = "send ledger"
"""What the names in it are hidden with: `tacenda.connect.secret_for(client, HIDDEN_WITH)`."""


def ledger_at(address: str, home: Path, secret: bytes, *, lease: float = LEASE_SECONDS) -> Ledger:
    """Return the ledger that `[mail] ledger` names; nothing is opened before its first use.

    Everybody who shares it gives the same secret: that of their key ring. Raises
    `Unavailable` for a database where psycopg is not installed.
    """
    if is_database(address):
        # It is imported where it is used: psycopg is an extra.
        from activities.ledger.database import DatabaseLedger

        return DatabaseLedger(address, secret, lease=lease)
    return FileLedger(ledger_place(address, home), secret, lease=lease)
