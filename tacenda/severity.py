"""From a CVSS vector to a score and a band, recomputed and never taken on trust."""

from collections.abc import Callable
from typing import Any

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

from tacenda.errors import BadInput
from tacenda.models import Band, Severity

_READERS: dict[str, Callable[[str], Any]] = {
    "CVSS:3.0/": CVSS3,
    "CVSS:3.1/": CVSS3,
    "CVSS:4.0/": CVSS4,
}


def severity_of(vector: str) -> Severity:
    """Return the severity of a CVSS 2.0, 3.0, 3.1 or 4.0 `vector`.

    Raises `BadInput` with the reason when the vector is malformed: metric values are
    capital letters, and a vector of version 3 or 4 begins with its version.
    """
    vector = vector.strip()
    if not vector.isprintable():
        raise BadInput("The CVSS vector cannot be read: it holds a control character.")
    version, reader = _reader_for(vector)
    try:
        score = float(reader(vector).scores()[0])
    except (CVSSError, ValueError, KeyError, IndexError) as error:
        raise BadInput(f"The CVSS vector cannot be read: {_reason(error)}.") from None
    return Severity(vector=vector, version=version, score=score, band=band_of(score))


def band_of(score: float) -> Band:
    """Return the band of a base `score`, by the table of CVSS 3.1, section 5."""
    if score >= 9.0:
        return Band.CRITICAL
    if score >= 7.0:
        return Band.HIGH
    if score >= 4.0:
        return Band.MEDIUM
    return Band.LOW if score > 0 else Band.NONE


def _reader_for(vector: str) -> tuple[str, Callable[[str], Any]]:
    for prefix, reader in _READERS.items():
        if vector.startswith(prefix):
            return prefix[len("CVSS:") : -1], reader
    if vector.upper().startswith("CVSS:"):
        raise BadInput(
            "The CVSS vector names a version that is not known: it begins with "
            "CVSS:3.0/, CVSS:3.1/ or CVSS:4.0/, or with AV: for version 2."
        )
    return "2.0", CVSS2


def _reason(error: Exception) -> str:
    reason = str(error).rstrip(".")
    return reason if len(reason) < 200 else "it is too long"
