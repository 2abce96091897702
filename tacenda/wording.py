"""A text as its words, each with its place, without what only disguises it.

What somebody does in haste is undone: case, accents, full-width letters, invisible characters,
`hxxps://git[.]example`, a word broken where a mail wraps its lines. Malice is not.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from tacenda.fields import FilledLine

_INVISIBLE = ("Mn", "Me", "Cf")
_SAME = {"\u2212": "-", "\u2043": "-", "\u2019": "'", "\u2018": "'"}
# In scripts that put no spaces between words each character counts as a word.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u2e80-\ufeff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?![\W_])[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_DEFANGED = re.compile(r"[\[({<](dot|at|[.@:]|:?//?)[\])}>]")
_MEANT = {"dot": ".", "at": "@"}
# The lookbehind lets a run of blanks be tried once, not once for each blank.
_WRAP = re.compile(r"(?<![ \t])[ \t]*(?:\r\n?|\n)[>|\s]*")
_LINE_END = re.compile(r"\r\n?|\n")


MOST_SECRETS = 50


class Reading(NamedTuple):
    """A text in plain characters, where each of them stood, and its words.

    `spans` are where the words stand in the plain text.
    """

    plain: str
    places: Sequence[int]
    words: list[str]
    spans: list[tuple[int, int]]

    def at(self, begin: int, end: int) -> tuple[int, int]:
        """Return where the plain text from `begin` to `end` stood in the text itself."""
        return self.places[begin], self.places[end - 1] + 1

    def of_words(self, first: int, count: int) -> tuple[int, int]:
        """Return where so many words from the `first` on stood in the text itself."""
        return self.at(self.spans[first][0], self.spans[first + count - 1][1])


def words_of(text: str) -> list[str]:
    """Return the words of `text`, plain."""
    return _WORD.findall(plain(text))


def _has_a_word(text: str) -> str:
    if not words_of(text):
        raise ValueError("needs a letter or a digit, to be found in a text")
    return text


SecretWords = Annotated[
    tuple[Annotated[FilledLine, AfterValidator(_has_a_word)], ...], Field(max_length=MOST_SECRETS)
]
"""Words, or several in a row each, that no public text may hold."""


def plain(text: str) -> str:
    """Return `text` in plain characters."""
    simple = text.lower() if text.isascii() else "".join(map(_plain, text))
    return _DEFANGED.sub(lambda found: _MEANT.get(found[1], found[1]), simple)


def read(text: str) -> Reading:
    """Return the reading of `text`."""
    simple, places = _simple(text)
    return _reading(*_undisguised(simple, places))


def unwrapped(reading: Reading) -> Iterator[Reading]:
    """Yield readings of the same text with lines run together, quoted or not.

    Every line is, and every other one: what is broken once stands by itself in one of those.
    """
    wraps = [found.span() for found in _WRAP.finditer(reading.plain)]
    for joined in (wraps[::2], wraps[1::2], wraps if len(wraps) > 1 else []):
        if joined:
            yield _reading(*_joined(joined, reading))


def where(text: str, begin: int, end: int) -> str:
    """Say where in `text` something stands, as an editor counts: lines and columns from 1."""
    line, column = _position(text, begin)
    last_line, last = _position(text, end - 1)
    if line != last_line:
        return f"line {line}, column {column}, to line {last_line}, column {last}"
    return f"line {line}, column{f' {column}' if column == last else f's {column}-{last}'}"


def _position(text: str, at: int) -> tuple[int, int]:
    ends = [found.end() for found in _LINE_END.finditer(text, 0, at)]
    return len(ends) + 1, at - (ends[-1] if ends else 0) + 1


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    """Return what a character is but for its looks: nothing, where it is not seen at all."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(
        "-" if unicodedata.category(c) == "Pd" else _SAME.get(c, c)
        for c in apart
        if unicodedata.category(c) not in _INVISIBLE
    )


def _simple(text: str) -> tuple[str, Sequence[int]]:
    if text.isascii():
        return text.lower(), range(len(text))
    parts = [_plain(character) for character in text]
    return "".join(parts), [place for place, part in enumerate(parts) for _ in part]


def _undisguised(simple: str, places: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Return plain characters, with what stands in brackets for a dot or the like as such."""
    kept: list[str] = []
    left: list[int] = []
    done = 0
    for found in _DEFANGED.finditer(simple):
        meant = _MEANT.get(found[1], found[1])
        kept += [simple[done : found.start()], meant]
        left += places[done : found.start()]
        left += places[found.start() + 1 : found.start() + 1 + len(meant)]
        done = found.end()
    if not done:
        return simple, places
    return "".join((*kept, simple[done:])), [*left, *places[done:]]


def _joined(wraps: Sequence[tuple[int, int]], reading: Reading) -> tuple[str, Sequence[int]]:
    """Return the plain characters of a text without those wraps."""
    begins = [0, *(end for _, end in wraps)]
    ends = [*(begin for begin, _ in wraps), len(reading.plain)]
    left: list[int] = []
    for begin, end in zip(begins, ends, strict=True):
        left += reading.places[begin:end]
    parts = (reading.plain[begin:end] for begin, end in zip(begins, ends, strict=True))
    return "".join(parts), left


def _reading(simple: str, places: Sequence[int]) -> Reading:
    spans = [found.span() for found in _WORD.finditer(simple)]
    return Reading(simple, places, [simple[begin:end] for begin, end in spans], spans)
