"""Words that nobody else says, one for each field, and every form in which they could turn up.

All words of a run begin with the same letters, its mark. So one search for the mark, in each
encoding, finds any of them, also one that was cut off or that no test thought of. CVE ids,
vectors and hashes have forms of their own and are looked for one by one.
"""

import hashlib
import re
import secrets
import string
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

MARK_LETTERS = 9
REST_LETTERS = 6
_WIDEST = 8 * REST_LETTERS
_METRICS = {
    **dict.fromkeys(("CR", "IR", "AR"), "HML"),
    **dict.fromkeys(("MC", "MI", "MA", "MPR"), "NLH"),
    "MAV": "NALP",
    "MAC": "LH",
    "MUI": "NR",
    "MS": "UC",
    "E": "UPFH",
    "RL": "OTWU",
    "RC": "URC",
}


def _letters(number: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(number))


@dataclass
class Words:
    """The words of one run: what each was said in, and what is known to be derived from them."""

    mark: str = field(default_factory=lambda: _letters(MARK_LETTERS))
    said: dict[str, str] = field(default_factory=dict)
    forged: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)

    def of(self, place: str, *kinds: set[str]) -> str:
        """Return a new word for a place, such as `Report.title`; `kinds` are sets to add it to."""
        return self._made(place, self.mark + _letters(REST_LETTERS), *kinds)

    def cve(self, place: str) -> str:
        """Return a CVE id that no list holds."""
        return self._made(place, f"CVE-2026-{10**12 + secrets.randbelow(9 * 10**12)}")

    def vector(self, place: str) -> str:
        """Return a CVSS vector that says so much that nobody gives it twice."""
        more = "".join(f"/{name}:{secrets.choice(values)}" for name, values in _METRICS.items())
        return self._made(place, f"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H{more}")

    def _made(self, place: str, word: str, *kinds: set[str]) -> str:
        self.said[word] = place
        for kind in kinds:
            kind.add(word)
        return word

    def said_in(self, place: str) -> str:
        """Return the first word that was made for a place."""
        return next(word for word, where in self.said.items() if where == place)

    def digest(self, what: str, digest: str) -> None:
        """Look for this hash too, if it is of anything: who sees it could test what they guess."""
        if digest not in ("", digest_of("")):
            self.digests[digest] = what

    @property
    def places(self) -> set[str]:
        """The places that have a word."""
        return set(self.said.values())

    def found_in(self, data: bytes) -> set[str]:
        """Return which words stand in `data`, in whatever encoding."""
        return set(self._marked(data)) | set(self._of_a_form(data))

    def told_by(self, data: bytes) -> set[str]:
        """Return of what a hash without a key stands in `data`: of acts and texts, of CVE ids."""
        hashed = {digest_of(word): word for word in self.said if not word.startswith(self.mark)}
        known = self.digests | hashed
        return {what for digest, what in known.items() if _holds_digest(data, digest)}

    def _marked(self, data: bytes) -> Iterator[str]:
        for hit in re.finditer(b"|".join(map(re.escape, set(forms(self.mark)))), data):
            near = data[max(0, hit.start() - 8) : hit.end() + _WIDEST]
            known = [word for word in self.said if any(form in near for form in forms(word))]
            yield from known or [f"something with the mark, at {hit.start()}"]

    def _of_a_form(self, data: bytes) -> Iterator[str]:
        for word in self.said:
            if not word.startswith(self.mark) and any(form in data for form in forms(word)):
                yield word


@cache
def forms(word: str) -> tuple[bytes, ...]:
    """Return a word in every encoding: UTF-8 and -16, upper case, hexadecimal, base64.

    It is of plain letters, which JSON, URLs and quoted-printable leave as they are. What is
    special in CVE ids and vectors is left out, since some of those write it differently.
    """
    core = word.rpartition("-")[2] if word.startswith("CVE-") else word.partition("/")[2] or word
    plain = core.encode()
    quoted = [core.replace("/", "%2F").replace(":", "%3A"), core.replace("/", "\\/")]
    utf16 = [core.encode(f"utf-16-{order}") for order in ("le", "be")]
    return (
        plain,
        *(text.encode() for text in quoted),
        core.upper().encode(),
        *utf16,
        *(form for text in (plain, *utf16) for form in _in_hexadecimal(text)),
        *(form for text in (plain, *utf16) for form in _in_base64(text)),
    )


def _in_hexadecimal(text: bytes) -> Iterator[bytes]:
    yield text.hex().encode()
    yield text.hex().upper().encode()


def _in_base64(text: bytes) -> Iterator[bytes]:
    """Yield what stays the same of `text` in base64, at each of the three places it can take."""
    for before in range(3):
        encoded = b64encode(bytes(before) + text + bytes(-(before + len(text)) % 3)).rstrip(b"=")
        first = -(-before * 8 // 6)
        last = (before + len(text)) * 8 // 6
        part = encoded[first:last]
        yield part
        yield part.replace(b"+", b"-").replace(b"/", b"_")


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text as hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _holds_digest(data: bytes, digest: str) -> bool:
    """Whether the hash or its first half stands in `data`: as it is, as bytes, or in base64."""
    first = digest[:24] if re.fullmatch("[0-9a-f]{24,}", digest) else digest
    candidates: Iterable[bytes] = (first.encode(), first.upper().encode())
    if first is not digest:
        raw = bytes.fromhex(first)
        candidates = (*candidates, raw, b64encode(raw))
    return any(candidate in data for candidate in candidates)
