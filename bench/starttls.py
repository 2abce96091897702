"""STARTTLS for a mail server that has none: `stunnel`, a C program, in front of it.

It answers the first EHLO itself, with STARTTLS and nothing else, and from then on hands through
what the server behind says. Both sides go through the same one.
"""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.csink import answers, free_port, program
from tacenda.local.ports import LOOPBACK

SUBJECT = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
KIND = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2")


@dataclass(frozen=True)
class Front:
    """Where it listens, and the certificate by which its clients know it."""

    port: int
    certificate: Path

    def trust(self) -> dict[str, str]:
        """Return what a program must have in its environment to trust the certificate."""
        return {"SSL_CERT_FILE": str(self.certificate)}


@asynccontextmanager
async def open_front(behind: int) -> AsyncIterator[Front]:
    """Run it on a free port, before the server on port `behind`."""
    stunnel, port = program("stunnel4", "stunnel4"), free_port()
    with tempfile.TemporaryDirectory(prefix="tacenda-tls-") as name:
        folder = Path(name)
        certificate, key = _certificate(folder)
        settings = folder / "stunnel.conf"
        settings.write_text(_settings(port, behind, certificate, key), encoding="utf-8")
        with open(folder / "log", "wb") as log:
            running = subprocess.Popen([stunnel, str(settings)], stdout=log, stderr=log)
        try:
            await answers(port)
            yield Front(port, certificate)
        finally:
            running.terminate()
            running.wait()


def _settings(port: int, behind: int, certificate: Path, key: Path) -> str:
    return "\n".join(
        (
            "foreground = yes",
            "pid =",
            "syslog = no",
            "debug = err",
            "[smtp]",
            "protocol = smtp",
            f"accept = {LOOPBACK}:{port}",
            f"connect = {LOOPBACK}:{behind}",
            f"cert = {certificate}",
            f"key = {key}",
            "",
        )
    )


def _certificate(folder: Path) -> tuple[Path, Path]:
    openssl = shutil.which("openssl") or program("openssl", "openssl")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    files = ("-keyout", str(key), "-out", str(certificate))
    words = [openssl, "req", "-x509", "-nodes", *SUBJECT, *KIND, *files]
    subprocess.run(words, check=True, capture_output=True)
    return certificate, key
