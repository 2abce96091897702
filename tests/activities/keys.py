"""Keys to seal letters with, and a post that has them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from activities.mail import Mailer
from tacenda.errands import Letter
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.pgpkeys import Keyring
from tacenda.settings import Settings
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.post import NOW, SENDER, Post, letter, plainly, settings_for
from tests.activities.sink import Sink
from tests.gpg import Gpg

VENDOR = "security@distro.example"
LIST = "announce@example.org"
LEAD = "alice@example.org"
TEAM = "security@example.org"
REPORTER = "mira@example.org"
SIGNER = "psirt@example.org"


@dataclass(frozen=True)
class Box:
    """A folder of key files, and the gpg that made them."""

    gpg: Gpg
    folder: Path

    def keep(self, address: str, **how: Any) -> Path:
        """Make a key and return the file with its public part."""
        return self.file(self.gpg.make(address, **how))

    def file(self, fingerprint: str) -> Path:
        """Return a new file with a public key, as it is now."""
        path = self.folder / f"{fingerprint}.asc"
        path.write_text(self.gpg.public(fingerprint))
        return path

    def known(self, address: str, ending: str = "asc") -> Path:
        """Return the file that was made for an address."""
        return self.folder / f"{self.gpg.fingerprint(address)}.{ending}"

    def secret(self, address: str, passphrase: str = "", **how: Any) -> Path:
        """Make a key to sign with, and return the file that holds it."""
        fingerprint = self.gpg.make(address, encrypts=False, passphrase=passphrase, **how)
        path = self.folder / f"{fingerprint}.key"
        path.touch(0o600)
        path.write_text(self.gpg.secret(fingerprint, passphrase))
        return path


def settings(
    vendor_key: Path | None = None,
    *,
    required: bool = False,
    member_key: Path | None = None,
    team_key: Path | None = None,
    prefix: str = "",
    **mail: Any,
) -> Settings:
    """Return the settings of a team with one member, one vendor and one list."""
    vendor = {"name": "Distro One", "email": VENDOR, "embargo": "standing"}
    return Settings.model_validate(
        {
            "team": {
                "address": TEAM,
                "key": team_key,
                "members": [{"name": "alice", "email": LEAD, "key": member_key}],
            },
            "lists": {"users": [LIST], "release": [LIST]},
            "vendors": [
                {**vendor, "key": vendor_key, "key_required": required, "subject_prefix": prefix}
            ],
            "mail": mail,
        }
    )


def mailer_with(post: Post, sink: Sink, known: Settings, now: datetime = NOW) -> Mailer:
    """Return a mailer that has the keys of these settings."""
    keyring = Keyring(known, now)
    table, ledger = settings_for(sink), MemoryLedger()
    mailer = Mailer(table, SENDER, ledger, clock=lambda: now, render=plainly, keyring=keyring)
    post.stack.push_async_callback(mailer.close)
    return mailer


def to(address: str, audience: Audience = Audience.VENDORS, **facts: Any) -> Letter:
    """Return a letter to one mailbox, by the name that the settings have for it."""
    name = {VENDOR: "Distro One", LEAD: "alice"}.get(address, address)
    prefix = facts.pop("prefix", "")
    recipients = (Recipient(name=name, address=address, audience=audience, subject_prefix=prefix),)
    return letter(**facts).model_copy(update={"recipients": recipients})


def both(*letters: Letter) -> Letter:
    """Return the first letter, to the recipients of all."""
    recipients = tuple(recipient for one in letters for recipient in one.recipients)
    return letters[0].model_copy(update={"recipients": recipients})
