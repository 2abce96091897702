"""Where a text that the public will read says what is still under embargo.

It finds what slips in by haste, and names the place and the kind of secret, never the secret
itself: what speaks against a text may land in a log.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from tacenda.case import Case
from tacenda.embargoed import (
    HASH,
    LONGEST,
    ROW,
    Pattern,
    Secret,
    commits_of,
    host_of,
    is_ours,
    is_telling,
    numbers_of,
    patterns,
    rows_of,
    titles,
)
from tacenda.wording import Reading, read, unwrapped, where, words_of

LASTING = (Secret.INTERNAL, Secret.REPORTER, Secret.MARKED)
"""What stays unsaid after the release too."""


class Slip(NamedTuple):
    """One secret in a text: what it is, and the characters of the text that say it."""

    secret: Secret
    begin: int
    end: int
    words: int = 0

    def place(self, text: str) -> str:
        """Say where in `text` it stands, and how much it is."""
        place = where(text, self.begin, self.end)
        return f"{place} ({self.words} in a row)" if self.words else place


_CVE = re.compile(
    r"(?<![^\W_])(cve(?:s|[\W_]{0,3}ids?)?[\W_]{0,12}(?:19|20)[0-9]{2}[\W_]{1,12}[0-9]{4,19})"
    r"(?![^\W_])"
)
_NUMBER = re.compile(r"[#!]([0-9]{1,10})(?![^\W_])")
_LONG_HASH = re.compile(r"(?<![^\W_])([0-9a-f]{40}|[0-9a-f]{64})(?![^\W_])")
_PATCH = re.compile(r"^[>| \t]{0,8}((?:diff --git |@@ -[0-9]{1,7}|--- a/|\+\+\+ b/).{0,200})", re.M)
_BY_LOOKS = ((Secret.CVE, _CVE), (Secret.COMMIT, _LONG_HASH), (Secret.PATCH, _PATCH))
_AT_A_HOST = re.compile(r"://([^\s/?#]{1,300})")
_INTERNAL_NAME = re.compile(
    r"(?<![\w./@:-])((?:[\w-]{1,63}\.){1,8}(?:internal|intranet|corp|lan|home|local))(?![\w-])"
    r"(?!\.\w)(:[0-9]|/)?"
)
_METRICS = {
    metric: frozenset(values)
    for metrics, values in (
        ("av mav", "nalp"),
        ("ac mac", "lmh"),
        ("pr mpr", "nlh"),
        ("ui mui", "nrpa"),
        ("c i a mc mi ma", "nlhpc"),
        ("vc vi va sc si sa", "nlhs"),
        ("s ms", "ucpn"),
        ("at", "np"),
        ("au", "nsm"),
        ("e", "xufphaw"),
        ("rl", "xotwu"),
        ("rc", "xurc"),
    )
    for metric in metrics.split()
}
_NOT_ROUTED = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_FEWEST_METRICS = 3


class _Sought(NamedTuple):
    """What is looked for: known rows of words as a tree, numbers of changes, commits."""

    tree: dict[str, Any]
    numbers: frozenset[str]
    commits: frozenset[str]


def slips(case: Case, text: str) -> tuple[Slip, ...]:
    """Return what `text` gives away of `case`, in the order in which it stands there."""
    sought = _Sought(_tree_of(patterns(case)), numbers_of(case), commits_of(case))
    whole = read(text)
    found = [*_everything(sought, whole), *_rows(case, whole)]
    for joined in unwrapped(whole):
        found += _everything(sought, joined)
    last: dict[Secret, int] = {}
    kept = []
    for slip in sorted(set(found), key=lambda slip: (slip.begin, -slip.end)):
        # Where a host begins only its looks say: a line run together may begin too early.
        if slip.begin >= last.get(slip.secret, 0) or slip.secret is Secret.INTERNAL:
            kept.append(slip)
            last[slip.secret] = slip.end
    return tuple(kept)


def is_for_the_public(address: str) -> bool:
    """Whether an address of the web may be told: its host is public, and it holds no login."""
    scheme, _, rest = address.partition("://")
    is_of_the_web = scheme.casefold() in ("http", "https") and "@" not in rest.partition("/")[0]
    return is_of_the_web and not any(_hosts(read(address)))


def _tree_of(known: Iterable[Pattern]) -> dict[str, Any]:
    """Return words by the words before them; under "" stands what is complete there."""
    tree: dict[str, Any] = {}
    for pattern in known:
        node = tree
        for word in pattern.words[:LONGEST]:
            node = node.setdefault(word, {})
        if pattern.words:
            is_whole = pattern.is_whole and len(pattern.words) <= LONGEST
            node.setdefault("", set()).add(pattern._replace(words=(), is_whole=is_whole))
    return tree


def _everything(sought: _Sought, reading: Reading) -> Iterator[Slip]:
    yield from _known(sought.tree, reading)
    yield from _vectors(reading)
    for secret, looks in _BY_LOOKS:
        for found in looks.finditer(reading.plain):
            yield Slip(secret, *reading.at(*found.span(1)))
    for found in _NUMBER.finditer(reading.plain) if sought.numbers else ():
        if found[1] in sought.numbers:
            yield Slip(Secret.FIX, *reading.at(*found.span()))
    for found in HASH.finditer(reading.plain) if sought.commits else ():
        if found[0][:7] in sought.commits:
            yield Slip(Secret.COMMIT, *reading.at(*found.span()))
    yield from _hosts(reading)


def _known(tree: dict[str, Any], reading: Reading) -> Iterator[Slip]:
    """Yield where the words of a known secret stand in a row, of each kind the longest row."""
    words = reading.words
    known_until = dict.fromkeys(Secret, 0)
    for first in range(len(words)):
        node, last, found = tree.get(words[first]), first, dict[Secret, int]()
        while node is not None:
            for pattern in node.get("", ()):
                is_new = known_until[pattern.secret] <= first
                if is_new and _is_meant(pattern, reading, first, last):
                    found[pattern.secret] = last - first + 1
            last += 1
            node = node.get(words[last]) if last < len(words) else None
        for secret, count in found.items():
            known_until[secret] = first + count
            in_a_row = count if secret is Secret.WORDS else 0
            yield Slip(secret, *reading.of_words(first, count), in_a_row)


def _is_meant(pattern: Pattern, reading: Reading, first: int, last: int) -> bool:
    """Whether a row of words is that address, and not the beginning or the end of another."""
    begin, end = reading.spans[first][0], reading.spans[last][1]
    before, after = reading.plain[max(0, begin - 1) : begin], reading.plain[end : end + 2]
    if pattern.is_host:
        return before not in (".", "@", "-")
    goes_on = after[:1] in ("/", "-", "_") and after[1:].isalnum()
    return not (pattern.is_whole and goes_on)


def _vectors(reading: Reading) -> Iterator[Slip]:
    """Yield what looks like a CVSS vector: three metrics or more, in whatever order."""
    words, n = reading.words, 0
    while n < len(words) - 1:
        begin, seen = n, set[str]()
        while n < len(words) - 1 and words[n + 1] in _METRICS.get(words[n], ()):
            seen.add(words[n])
            n += 2
        if len(seen) >= _FEWEST_METRICS and any(len(metric) > 1 for metric in seen):
            begin -= 3 if begin > 2 and words[begin - 3] == "cvss" else 0
            yield Slip(Secret.VECTOR, *reading.of_words(begin, n - begin))
        n = max(n, begin + 1)


def _hosts(reading: Reading) -> Iterator[Slip]:
    """Yield addresses that lead to nowhere public, and among them those of one machine."""
    for found in _AT_A_HOST.finditer(reading.plain):
        if secret := _secret_of(host_of(found[1])):
            yield Slip(secret, *reading.at(*found.span(1)))
    for found in _INTERNAL_NAME.finditer(reading.plain):
        is_long = found[1].count(".") > 1 and not found[1].endswith(".local")
        if is_long or found[2]:
            yield Slip(Secret.INTERNAL, *reading.at(*found.span(1)))


def _secret_of(host: str) -> Secret | None:
    name = host.strip("[]")
    try:
        address = ip_address(name)
    except ValueError:
        if name == "localhost" or name.endswith(".localhost"):
            return Secret.ADDRESS
        is_internal = name and ("." not in name or _INTERNAL_NAME.fullmatch(name))
        return Secret.INTERNAL if is_internal else None
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return Secret.ADDRESS
    is_ours = any(address in network for network in _NOT_ROUTED)
    return Secret.INTERNAL if is_ours else None


def _rows(case: Case, reading: Reading) -> Iterator[Slip]:
    """Yield the long rows of words that stand in the report as well."""
    named = (word for title in titles(case) for word in (*words_of(title), ""))
    report = (*named, *words_of(case.report.details))
    in_text = tuple(rows_of(reading.words))
    shared = set(in_text).intersection(rows_of(report))
    begin: int | None = None
    for n, row in enumerate((*in_text, ())):
        if row in shared and is_telling(row) and not is_ours(row):
            begin = n if begin is None else begin
        elif begin is not None:
            count = n - begin + ROW - 1
            yield Slip(Secret.WORDS, *reading.of_words(begin, count), count)
            begin = None
