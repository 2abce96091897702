"""What a person reads of a mail: lines and bodies as plain text, whatever they were sent as.

Nothing here refuses anything: what cannot be shown is left out or replaced, so that no
mail is unreadable for a byte in it.
"""

import codecs
import re
from collections.abc import Iterable
from contextlib import suppress
from html.parser import HTMLParser

from tacenda.fields import one_line

LONGEST_LINE = 300
MAX_HTML = 2 * 1024 * 1024
_SPOONFUL = 128 * 1024
_LINE_END = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n\v\f]+")
# What a mail that names the one most probably means; browsers read it so, too.
_MEANT = {"ascii": "utf-8", "iso8859-1": "cp1252", "gb2312": "gb18030"}
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"}

_SILENT = ("script", "style", "title")
_LINES = (
    "address article blockquote br dd div dl dt footer form header hr ol pre section table tr ul"
)
_PARAGRAPHS = "h1 h2 h3 h4 h5 h6 p"
_BREAKS = dict.fromkeys(_LINES.split(), "\n") | dict.fromkeys(_PARAGRAPHS.split(), "\n\n")
_STARTS = _BREAKS | {"li": "\n- ", "td": " ", "th": " "}


def readable_line(text: str, most: int = LONGEST_LINE) -> str:
    """Return `text` as one line that a `Line` accepts, cut to `most` characters."""
    shown = _SURROGATE.sub("\ufffd", _UNSHOWABLE.sub(" ", _LINE_END.sub(" ", text)))
    line = " ".join(shown.split())
    line = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    try:
        return one_line(line)
    except Exception:  # an encoded word can be broken in more ways than one
        return line.replace("=?", "= ?")[:most].rstrip()


def readable_text(text: str) -> str:
    """Return `text` with plain line ends, without what a `Text` refuses."""
    shown = _UNSHOWABLE.sub("", _LINE_END.sub("\n", text))
    return _SURROGATE.sub("\ufffd", shown).rstrip().lstrip("\n")


def beginning_of(text: str, most: int) -> str:
    """Return as much of `text` as fits into `most` bytes."""
    return text.encode()[:most].decode(errors="ignore")


def decoded(content: bytes, charset: str) -> str:
    """Return `content` as text; where the charset is unknown, as UTF-8 with replacements."""
    with suppress(Exception):  # no charset, none for text, or one that cannot replace
        name = codecs.lookup(charset or "ascii").name
        if name not in _NO_CHARSETS:
            return content.decode(_MEANT.get(name, name), errors="replace")
    return content.decode(errors="replace")


def unflowed(text: str, delsp: bool) -> str:
    """Return text of format=flowed (RFC 3676) with each of its paragraphs in one line."""
    paragraphs: list[list[str]] = []
    flows, depth_before = False, 0
    for line in _LINE_END.sub("\n", text).split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        is_rule = words == "-- "  # what stands before a signature
        if not flows or is_rule or depth != depth_before:
            paragraphs.append([">" * depth + " "] if depth else [])
        flows, depth_before = words.endswith(" ") and not is_rule, depth
        paragraphs[-1].append(words[:-1] if flows and delsp else words)
    return "\n".join("".join(paragraph) for paragraph in paragraphs)


def text_of_html(html: str) -> str:
    """Return the words of an HTML page; nothing in it is run or fetched."""
    reader = _Reader()
    # Of the sections that Office writes, <![if ...]>, the parser knows some and fails on others.
    page = html[:MAX_HTML].replace("<![", "<! [")
    # `close` would scan again and again what was begun and never ended (CVE-2025-6069), so
    # it is not called: what is left over is text.
    with suppress(Exception):
        for start in range(0, len(page), _SPOONFUL):
            reader.feed(page[start : start + _SPOONFUL])
    reader.handle_data(reader.rawdata)
    return reader.text()


class _Reader(HTMLParser):
    """Collects the words of a page, with line ends where a browser would show them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._silent = self._link = ""
        self._as_it_is = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a paragraph, a point of a list, a link, or silence."""
        if tag in _SILENT:
            self._silent = self._silent or tag
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "").strip()
        self._as_it_is = self._as_it_is or tag == "pre"
        self._pieces.append(_STARTS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        """End it; a link says where it leads."""
        if tag == self._silent:
            self._silent = ""
        elif tag == "a" and self._link.startswith(("http://", "https://", "mailto:")):
            self._pieces.append(f" <{self._link}>")
        if tag == "a":
            self._link = ""
        self._as_it_is = self._as_it_is and tag != "pre"
        self._pieces.append(_BREAKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        """Collect words; only in preformatted text each blank counts."""
        if self._silent:
            return
        if data.strip() == self._link.removeprefix("mailto:"):
            self._link = ""
        kept = data.replace(" ", "\xa0") if self._as_it_is else _BLANKS.sub(" ", data)
        self._pieces.append(kept)

    def text(self) -> str:
        """Return what was collected, with no more than one empty line at a time."""
        lines = _LINE_END.sub("\n", "".join(self._pieces)).split("\n")
        return "\n".join(_without_gaps(map(_squeezed, lines)))


def _squeezed(line: str) -> str:
    return re.sub(" {2,}", " ", line.strip(" ")).replace("\xa0", " ").rstrip()


def _without_gaps(lines: Iterable[str]) -> Iterable[str]:
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line
