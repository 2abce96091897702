"""Mails as they come in, made from a good one by changing its headers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tacenda.errors import BadInput
from tacenda.mailreport import Intake, read_mail

TEAM = "security@example.org"
ARRIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent / "mails"

Headers = Mapping[str, str | bytes | list[str] | None]

GOOD: Headers = {
    "Received": "from mx.example.org by mail.example.org; Mon, 2 Mar 2026 10:00:00 +0100",
    "From": "Mira Sample <mira@example.org>",
    "To": TEAM,
    "Subject": "A flaw",
    "Date": "Sun, 1 Feb 2026 10:00:00 +0100",
    "Message-ID": "<flaw@example.org>",
}


def a_mail(headers: Headers | None = None, body: str | bytes = "It falls.\n") -> bytes:
    """Return the good mail with other headers: several of a name in a list, None for none."""
    lines = []
    for name, value in {**GOOD, **(headers or {})}.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                lines.append(name.encode() + b": " + _bytes(one) + b"\n")
    return b"".join(lines) + b"\n" + _bytes(body)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def a_mail_of(*parts: str | bytes, kind: str = "mixed", **headers: str) -> bytes:
    """Return the good mail with these parts, each with its own headers."""
    body = b"".join(b"--b\n" + _bytes(part) + b"\n" for part in parts) + b"--b--\n"
    content_type = {"Content-Type": f"multipart/{kind}; boundary=b"}
    return a_mail({**headers, **content_type}, body)


def a_file(name: str, size: int = 3, kind: str = "application/octet-stream") -> bytes:
    """Return a part that is an attached file of so many bytes."""
    head = f"Content-Type: {kind}\nContent-Disposition: attachment; filename={name}\n"
    return head.encode() + b"Content-Transfer-Encoding: 8bit\n\n" + b"x" * size


def text(words: str) -> str:
    """Return a part that is plain text."""
    return f"Content-Type: text/plain\n\n{words}"


def read(content: bytes, received: datetime | None = None) -> Intake:
    """Return the report in a mail to the team."""
    return read_mail(content, received, [TEAM])


def refusal(content: bytes, received: datetime | None = None) -> str:
    """Return the sentence with which a mail is refused."""
    with pytest.raises(BadInput) as refused:
        read(content, received)
    assert refused.value.exit_code == 2
    return str(refused.value)


def sample(name: str) -> bytes:
    """Return a mail from the folder of samples."""
    return (SAMPLES / f"{name}.eml").read_bytes()
