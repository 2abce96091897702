"""GnuPG as our recipients have it: real keys, made by gpg, and mail that gpg opens."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

INSTALL = "these tests need GnuPG: apt-get install --yes gnupg"
# The exclamation mark stops the clock: gpg refuses a subkey that is older than its key.
LONG_AGO = "20240101T000000!"


class NotVerified(Exception):
    """Gpg does not vouch for it."""


@dataclass(frozen=True)
class Opened:
    """A mail that was encrypted: what is inside, and who signed it, by fingerprint."""

    message: EmailMessage
    signer: str

    @property
    def text(self) -> str:
        """The text, with line ends as Unix writes them."""
        body = self.message
        if body.is_multipart():
            body = next(part for part in body.iter_parts() if isinstance(part, EmailMessage))
        content = body.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode().replace("\r\n", "\n")

    @property
    def files(self) -> dict[str, bytes]:
        """The attached files."""
        return {
            str(part.get_filename()): part.get_payload(decode=True)  # type: ignore[misc]
            for part in self.message.iter_attachments()
        }


@dataclass(frozen=True)
class Gpg:
    """A home of gpg with its keys."""

    home: Path

    def run(self, *words: str, given: bytes = b"", passphrase: str = "") -> bytes:
        """Run gpg. Raises `NotVerified` with what it says where it fails."""
        program = shutil.which("gpg")
        assert program
        options = ("--batch", "--no-tty", "--pinentry-mode", "loopback", "--trust-model", "always")
        environment = {**os.environ, "GNUPGHOME": str(self.home), "LC_ALL": "C"}
        done = subprocess.run(
            [program, *options, "--passphrase", passphrase, "--status-fd", "2", *words],
            input=given,
            capture_output=True,
            check=False,
            env=environment,
        )
        if done.returncode:
            raise NotVerified(done.stderr.decode(errors="replace"))
        (self.home / "said").write_text(done.stderr.decode(errors="replace"))
        return done.stdout

    def make(
        self,
        address: str,
        *,
        kind: str = "ecc",
        valid: str = "never",
        encrypts: bool = True,
        passphrase: str = "",
        since: str = "",
    ) -> str:
        """Make a key for `address`, of RSA or of elliptic curves, and return its fingerprint."""
        signs, seals = ("rsa2048", "rsa2048") if kind == "rsa" else ("ed25519", "cv25519")
        when = ("--faked-system-time", since) if since else ()
        name = f"Somebody <{address}>"
        words = (*when, "--quick-gen-key", name, signs, "sign,cert", valid)
        self.run(*words, passphrase=passphrase)
        fingerprint = self.fingerprint(address)
        if encrypts:
            words = (*when, "--quick-add-key", fingerprint, seals, "encr", valid)
            self.run(*words, passphrase=passphrase)
        return fingerprint

    def fingerprint(self, address: str) -> str:
        """Return the fingerprint of the key of `address`."""
        listed = self.run("--with-colons", "--list-keys", address).decode()
        (first, *_) = re.findall(r"^fpr:+([0-9A-F]+):", listed, re.M)
        return str(first)

    def revoke(self, fingerprint: str) -> None:
        """Revoke a key with the certificate that gpg made along with it."""
        path = self.home / "openpgp-revocs.d" / f"{fingerprint}.rev"
        self.run("--import", given=path.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))

    def public(self, who: str) -> str:
        """Return a public key, armored."""
        return self.run("--armor", "--export", who).decode()

    def secret(self, who: str, passphrase: str = "") -> str:
        """Return a secret key, armored and still locked."""
        words = ("--armor", "--export-secret-keys", who)
        return self.run(*words, passphrase=passphrase).decode()

    def open(self, raw: bytes, passphrase: str = "") -> Opened:
        """Open an encrypted mail as its recipient, and see who signed it."""
        outside = _parsed(raw)
        assert outside.get_content_type() == "multipart/encrypted"
        assert outside.get_param("protocol") == "application/pgp-encrypted"
        control, sealed = outside.iter_parts()
        assert control.get_content_type() == "application/pgp-encrypted"
        assert control.get_payload(decode=True).strip() == b"Version: 1"  # type: ignore[union-attr]
        armored = sealed.get_payload(decode=True)
        assert isinstance(armored, bytes)
        inside = self.run("--decrypt", given=armored, passphrase=passphrase)
        return Opened(_parsed(inside), self._signer())

    def verify(self, raw: bytes) -> str:
        """Return who signed a mail, by fingerprint, from the very bytes that arrived."""
        outside = _parsed(raw)
        assert outside.get_content_type() == "multipart/signed"
        boundary = str(outside.get_boundary()).encode()
        _, first, second, rest = raw.split(b"--" + boundary)
        assert rest.strip() == b"--"
        signed = first.removeprefix(b"\r\n").removesuffix(b"\r\n")
        signature = self.home / "signature.asc"
        signature.write_bytes(second.partition(b"\r\n\r\n")[2])
        self.run("--verify", str(signature), "-", given=signed)
        return self._signer()

    @property
    def said(self) -> str:
        """What gpg reported of its last work."""
        return (self.home / "said").read_text()

    def _signer(self) -> str:
        found = re.search(r"^\[GNUPG:\] VALIDSIG ([0-9A-F]+) ", self.said, re.M)
        return found[1] if found else ""


def _parsed(raw: bytes) -> EmailMessage:
    message = BytesParser(EmailMessage, policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def a_gpg() -> Iterator[Gpg]:
    """Yield a new home of gpg; its agent ends with it. Without gpg the test is skipped, loudly."""
    if shutil.which("gpg") is None:
        pytest.skip(INSTALL)
    # The path of a socket may be no longer than a hundred characters: a short one, in /tmp.
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp", ignore_cleanup_errors=True) as home:
        path = Path(home)
        path.chmod(0o700)
        try:
            yield Gpg(path)
        finally:
            environment = {**os.environ, "GNUPGHOME": home}
            ended = ["gpgconf", "--kill", "all"]
            subprocess.run(ended, check=False, capture_output=True, env=environment)
