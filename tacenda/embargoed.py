"""What of a case must not be read in public, as words to look for.

Nothing here looks at a text that goes out; `publictext.py` does, with what this gives it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from tacenda.case import Case
from tacenda.wording import plain, words_of


class Secret(StrEnum):
    """The kinds of things that a public text must not hold."""

    CVE = "CVE id"
    VECTOR = "CVSS vector"
    FIX = "fix reference"
    COMMIT = "commit hash"
    PATCH = "patch"
    ADDRESS = "private address"
    INTERNAL = "internal host"
    REPORTER = "reporter"
    MARKED = "marked word"
    WORDS = "words of the report"


class Pattern(NamedTuple):
    """Words in a row that are secret; a whole address is not meant where it goes on."""

    secret: Secret
    words: tuple[str, ...]
    is_whole: bool = False
    is_host: bool = False


ROW = 6
"""So many words in a row that stand in the report are no accident."""
LONGEST = 16
"""Of a secret with more words than that the first ones are looked for."""

URL = re.compile(r"(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{1,20}://|www\.)([^\s<>\"'`]{1,2000})")
HASH = re.compile(r"(?<![^\W_])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,64}(?![^\W_])")
_HOST = re.compile(r"(?:[^/@\s]*@)?(\[[0-9a-f:.]+\]|[\w.-]*)")
_NUMBERED = re.compile(r"([\w.-]*)[#!]([0-9]{1,10})$")
_BEFORE_A_NUMBER = ("pull", "pr", "mr", "request", "requests", "issue", "issues", "change", "bug")
_BEFORE_ANY_NUMBER = ("pull", "pr", "mr")
_BEFORE_A_COMMIT = ("commit", "commits", "rev")
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")

# What our own templates say to users, with what can follow upon what: no report makes a secret
# of it. A test holds this to the templates.
_OURS = """
This replaces what we announced before about our next security release. We will publish a
security release on
It is about a vulnerability that is publicly known already. What to prepare: Have somebody ready
who can update soon after that instant, and who can go back if something goes wrong. Know which
versions you run, and where. Watch this list. The advisory will appear here, and say who is
affected, which versions have the fix and what to do. If the date moves, we say so here. Product
Security
It is about a vulnerability that has no fix, and says how to protect yourself. Until then we say no
more about it, and cannot answer questions. What to prepare: who is affected and what to do. Until
then, this helps:
It fixes a vulnerability. Until then we say no more about it, and cannot answer questions, so that
nobody is exposed before the fix is there. What to prepare:
The security release that we announced for
does not take place. You need do nothing. We are sorry for the preparations that you have made in
vain. Product Security
The security release that we announced will now be published on
Everything else that we announced stands. The advisory will appear here. Product Security
Security release scheduled for
Security release moved to
Security release called off
"""
OURS = tuple(words_of(_OURS))
_PAIRS_OF_OURS = frozenset(pairwise(OURS))
_FREQUENT = frozenset(
    words_of("""
about after all also and any are because been before but can cannot could did does each for from
had has have her him his how into its may more most must not now off one only other our out over
shall she should some such than that the their them then there these they this those through too
under until upon very was were what when where which while who whom whose why will with would you
your
""")
)


def patterns(case: Case) -> Iterator[Pattern]:
    """Yield the words in a row that are secret in `case`."""
    for cve in (*case.cves, *(cve for link in case.links for cve in link.cves)):
        words = tuple(words_of(cve))
        yield Pattern(Secret.CVE, words)
        yield Pattern(Secret.CVE, words[1:])
    for ref in _refs(case):
        yield from _of_ref(plain(ref))
    for url in _urls(case):
        yield Pattern(Secret.ADDRESS, tuple(words_of(url)), is_whole=True)
    yield from _of_reporter(case)
    marked = (phrase for link in case.links for phrase in link.marked)
    for phrase in (*case.report.secret, *case.secrets, *marked):
        yield Pattern(Secret.MARKED, tuple(words_of(phrase)))
    for written in titles(case):
        title = tuple(words_of(written))
        if len(title) >= 3 and is_telling(title) and not is_ours(title):
            yield Pattern(Secret.WORDS, title)


def titles(case: Case) -> tuple[str, ...]:
    """Return the titles of all the reports that are released together."""
    return (case.report.title, *(link.title for link in case.links))


def _refs(case: Case) -> tuple[str, ...]:
    """Return the references of all the fixes that are released together."""
    fixes = (case.fix, *(link.fix for link in case.links))
    return tuple(ref for fix in fixes if fix for ref in fix.refs)


def is_telling(words: Sequence[str]) -> bool:
    """Whether words in a row tell anything: not only numbers, letters and frequent words."""
    return sum(len(w) > 2 and not w.isdigit() and w not in _FREQUENT for w in words) >= 2 or (
        sum(len(w) == 1 and w > "\u0e00" for w in words) >= ROW
    )


def rows_of(words: Sequence[str], length: int = ROW) -> Iterable[tuple[str, ...]]:
    """Yield the rows of so many words, one for each place where one begins."""
    return zip(*(words[n:] for n in range(length)), strict=False)


def is_ours(words: Sequence[str]) -> bool:
    """Whether words stand like that in our own templates for users."""
    return words[0] in OURS if len(words) == 1 else _PAIRS_OF_OURS.issuperset(pairwise(words))


def numbers_of(case: Case) -> frozenset[str]:
    """Return the numbers of the changes that fix it: `#512` names one."""
    return frozenset(_number(plain(ref))[1] for ref in _refs(case)) - {""}


def commits_of(case: Case) -> frozenset[str]:
    """Return how the commits begin that the case names: seven characters tell them apart."""
    texts = (*titles(case), case.report.details, *_refs(case))
    return frozenset(found[0][:7] for text in texts for found in HASH.finditer(plain(text)))


def host_of(address: str) -> str:
    """Return the host of a plain address without its scheme."""
    found = _HOST.match(address)
    return found[1].rstrip(".") if found else ""


def _of_ref(ref: str) -> Iterator[Pattern]:
    """Yield what names a fix: its reference whole, its end, and the host that it is on."""
    address = _without_scheme(ref)
    whole = tuple(words_of(address))
    if len(whole) > 1 or any(c.isdigit() for c in address):
        yield Pattern(Secret.FIX, whole)
    parts = _parts(address)
    for before, part in pairwise(parts):
        if before in _BEFORE_A_COMMIT and re.fullmatch(r"[0-9a-f]{7,64}", part):
            yield Pattern(Secret.COMMIT, (part,))
    of, number = _number(ref)
    if number:
        for before in _BEFORE_A_NUMBER if len(number) > 2 else _BEFORE_ANY_NUMBER:
            yield Pattern(Secret.FIX, (before, number))
            yield Pattern(Secret.FIX, (*words_of(of), before, number))
        yield Pattern(Secret.FIX, (*words_of(of), number) if of else ())
    host = host_of(address)
    if "/" in address and host not in _FORGES and not _is_site(host):
        yield Pattern(Secret.ADDRESS, tuple(words_of(host)), is_host=True)


def _number(ref: str) -> tuple[str, str]:
    """Return of what a plain reference names the change, and its number; nothing if none."""
    if found := _NUMBERED.search(ref):
        return found[1], found[2]
    parts = _parts(_without_scheme(ref))
    for n, part in enumerate(parts[1:], 1):
        if part.isdigit() and words_of(parts[n - 1])[-1:] and n > 1:
            is_change = words_of(parts[n - 1])[-1] in _BEFORE_A_NUMBER
            is_last = n == len(parts) - 1 and len(part) > 2
            if is_change or is_last:
                named = [p for p in parts[1 : n - 1] if words_of(p)]
                return named[-1] if named else "", part
    return "", ""


def _parts(address: str) -> list[str]:
    return [part for part in re.split(r"[?#]", address)[0].split("/") if part]


def _urls(case: Case) -> Iterator[str]:
    """Yield the addresses in the report and in what people said in their acts, plain."""
    said = (text for deed in case.deeds for text in (deed.detail, deed.why, deed.override))
    found = {
        match[1].rstrip(".,;:!?)]}/").removeprefix("www.")
        for text in (case.report.title, case.report.details, *said)
        for match in URL.finditer(plain(text))
    }
    refs = {_without_scheme(plain(ref)) for ref in _refs(case)}
    for address in sorted(found - refs):
        # The page of a project or a company is where the public looks anyway.
        if "/" in address or not _is_site(host_of(address)):
            yield address


def _is_site(host: str) -> bool:
    """Whether a host is a bare domain like example.org, which is secret to nobody."""
    return host.removeprefix("www.").count(".") == 1 or not host


def _without_scheme(ref: str) -> str:
    return re.sub(r"^[a-z][a-z0-9+.-]{1,20}://", "", ref.strip()).removeprefix("www.")


def _of_reporter(case: Case) -> Iterator[Pattern]:
    """Yield the name and the address of a reporter who has agreed to no such credit."""
    reporter = case.report.reporter
    if reporter is None:
        return
    credit = f" {' '.join(words_of(case.credit))} "
    name = tuple(words_of(reporter.name))
    is_credited = f" {' '.join(name)} " in credit
    is_short = len(name) == 1 and (len(name[0]) < 4 or name[0] in _FREQUENT)
    if name and not is_credited and not is_short:
        for written in (name, name[::-1] if len(name) == 2 else name):
            if not is_ours(written):
                yield Pattern(Secret.REPORTER, written)
    address = tuple(words_of(reporter.email or ""))
    if address and f" {' '.join(address)} " not in credit:
        yield Pattern(Secret.REPORTER, address)
