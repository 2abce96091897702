"""The text of a mail: in whatever charset, encoding and format it came, a person can read it."""

import pytest

from tacenda.mailtext import MAX_HTML, readable_line, text_of_html
from tests.unit.mails import a_file, a_mail, a_mail_of, read, text


def details(body: bytes | str, kind: str = "text/plain", encoding: str | None = None) -> str:
    """Return what a report says whose body has this type and transfer encoding."""
    headers = {"Content-Type": kind, "Content-Transfer-Encoding": encoding}
    return read(a_mail({**headers}, body)).report.details


CHARSETS = {
    "UTF-8": ("grüße €".encode(), "text/plain; charset=utf-8", "grüße €"),
    "UTF-8 in quotes": ("grüße".encode(), 'text/plain; charset="UTF-8"', "grüße"),
    "UTF-8 that nobody named": ("grüße".encode(), "text/plain", "grüße"),
    "UTF-8 that says ASCII": ("grüße".encode(), "text/plain; charset=us-ascii", "grüße"),
    "latin-1": ("grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", "grüße"),
    "Windows that says latin-1": (b"\x93hi\x94", "text/plain; charset=iso-8859-1", "“hi”"),
    "koi8-r": ("Привет".encode("koi8-r"), "text/plain; charset=KOI8-R", "Привет"),
    "Chinese": ("朱镕基".encode("gb18030"), "text/plain; charset=gb2312", "朱镕基"),
    "Japanese": ("日本語".encode("iso2022_jp"), "text/plain; charset=ISO-2022-JP", "日本語"),
    "UTF-16": ("hi".encode("utf-16"), "text/plain; charset=utf-16", "hi"),
    "an unknown one": ("gr\u00fc\u00dfe".encode(), "text/plain; charset=x-nosuch", "grüße"),
    "an unknown one in latin-1": (b"gr\xfcn", "text/plain; charset=x-nosuch", "gr\ufffdn"),
    "broken UTF-8": (b"a\xffb", "text/plain; charset=utf-8", "a\ufffdb"),
    "no charset for text": (b"6869", "text/plain; charset=hex", "6869"),
    "one that Python alone has": (rb"a\n\x1b", "text/plain; charset=unicode_escape", r"a\n\x1b"),
    "one that cannot replace": (b"a.b", "text/plain; charset=idna", "a.b"),
    "none at all": (b"hi", "text/plain; charset=", "hi"),
    "one with a null": (b"hi", "text/plain; charset=a\x00b", "hi"),
    "one in pieces": (b"hi", "text/plain; charset*0*=utf-8''%FF; charset*1=8", "hi"),
    "no type": (b"hi", "", "hi"),
    "rubbish for a type": (b"hi", ";;;=/\xff", "hi"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "words"), CHARSETS.values(), ids=CHARSETS.keys())
def test_text_is_read_in_its_charset(body: bytes, kind: str, words: str) -> None:
    """An unknown or wrong charset costs a character here and there, and never the report."""
    assert details(body, kind, "8bit") == words


ENCODINGS = {
    "base64": ("Z3LDvMOfZQ==", "base64", "grüße"),
    "base64 with a blank": ("Z3LDvMOfZQ==", " BASE64 ", "grüße"),
    "base64 on many lines": ("Z3LD\nvMOf\nZQ==\n", "base64", "grüße"),
    "base64 without its end": ("Z3LDvMOfZQ", "base64", "grüße"),
    "no base64": ("!", "base64", ""),
    "quoted-printable": ("gr=C3=BC=\n=C3=9Fe", "quoted-printable", "grüße"),
    "broken quoted-printable": ("gr=C=xx=", "quoted-printable", "gr=C=xx"),
    "8bit": ("grüße", "8bit", "grüße"),
    "7bit that is not": ("grüße", "7bit", "grüße"),
    "unknown": ("grüße", "x-nosuch", "grüße"),
    "uuencode": ("begin 644 x\n#:&D*\n`\nend\n", "x-uuencode", "hi"),
}


@pytest.mark.parametrize(("body", "encoding", "words"), ENCODINGS.values(), ids=ENCODINGS.keys())
def test_text_is_read_in_its_transfer_encoding(body: str, encoding: str, words: str) -> None:
    """What cannot be decoded stands there as it came."""
    assert details(body, "text/plain; charset=utf-8", encoding) == words


CONTROLS = {
    "escape codes": ("a\x1b[31mb\x07", "a[31mb"),
    "a null": ("a\x00b", "ab"),
    "C1": ("a\x9bb", "ab"),
    "line ends": ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
    "tabs": ("a\tb", "a\tb"),
    "blank lines around it": ("\n\n  a\n\n", "  a"),
    "an emoji": ("👩‍💻", "👩‍💻"),
    "nothing": ("\n \t\n", ""),
}


@pytest.mark.parametrize(("body", "words"), CONTROLS.values(), ids=CONTROLS.keys())
def test_text_is_plain(body: str, words: str) -> None:
    """Whatever a terminal would obey is left out; lines, tabs and letters stay."""
    assert details(body, "text/plain; charset=utf-8", "8bit") == words


FLOWED = {
    "a paragraph": ("one \ntwo\nthree", "one two\nthree"),
    "quoted": ("> one \n> two\n>> three \nfour", "> one two\n>> three \nfour"),
    "stuffed": (" From here\n >x", "From here\n>x"),
    "a signature": ("one \n-- \nMira", "one \n-- \nMira"),
    "to the end": ("one \n", "one"),
}


@pytest.mark.parametrize(("body", "words"), FLOWED.values(), ids=FLOWED.keys())
def test_flowed_text_has_its_paragraphs_again(body: str, words: str) -> None:
    """Lines that a mail program broke are whole again (RFC 3676)."""
    assert details(body, "text/plain; format=Flowed") == words


def test_flowed_text_may_drop_its_blanks() -> None:
    """With DelSp the blank at the end of a line is no blank of the text."""
    assert details("日本 \n語", "text/plain; charset=utf-8; format=flowed; delsp=yes") == "日本語"


PAGES = {
    "words": ("<p>a  b\nc</p>", "a b c"),
    "paragraphs": ("<p>a<p>b<br>c<div>d</div>e", "a\n\nb\nc\nd\ne"),
    "a list": ("<ul><li>a</li><li>b</ul>c", "- a\n- b\nc"),
    "a table": ("<table><tr><td>a<td>b<tr><th>c</table>", "a b\nc"),
    "preformatted": ("<pre>  a\n    b  c</pre>d", "  a\n    b  c\nd"),
    "a link": ('<a href="https://example.org/x">there</a>', "there <https://example.org/x>"),
    "a link that says where": ('<a href="https://a.example.org">https://a.example.org</a>',
                               "https://a.example.org"),
    "an address": ('<a href="mailto:a@example.org">a@example.org</a>', "a@example.org"),
    "a script": ("a<script>alert('<p>b</p>')</script>c", "ac"),
    "a link that is a script": ('<a href="javascript:alert(1)">a</a>', "a"),
    "a style": ("<style>p { }</style>a", "a"),
    "a title": ("<title>a</title>b", "b"),
    "entities": ("&lt;b&gt; &amp;&nbsp;&uuml;&#8364;&#0;&#27;", "<b> & ü€\ufffd"),
    "a comment": ("a<!-- b -->c", "ac"),
    "Office": ("a<![if !vml]>b<![endif]><!--[if mso]>c<![endif]-->d<o:p></o:p>", "abd"),
    "a strange section": ("a<![nosuch[b]]>c<![x", "ac<! [x"),
    "a declaration": ("<!DOCTYPE html [<!ENTITY a 'b'>]><p>a", "]>\n\na"),
    "an instruction": ("<?xml version='1.0'?>a", "a"),
    "no end": ("a<b", "a<b"),
    "no end of a script": ("a<script>b", "a"),
    "less and more": ("1 < 2 > 0", "1 < 2 > 0"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "words"), PAGES.values(), ids=PAGES.keys())
def test_html_is_read_as_text(page: str, words: str) -> None:
    """Nothing is run or fetched; what a browser would show is there, and where links lead."""
    assert details(page, "text/html; charset=utf-8") == words


@pytest.mark.parametrize("begun", ["<a ", "<!--", "<a b='", "</a ", "<![CDATA[", "<script>", "&#"])
def test_html_that_never_ends_is_read_all_the_same(begun: str) -> None:
    """What was begun a million times and never ended is read at all: this test ends."""
    assert isinstance(text_of_html(begun * (MAX_HTML // len(begun))), str)


def page(html: str) -> str:
    """Return a part that is HTML."""
    return f"Content-Type: text/html\n\n{html}"


BODIES = {
    "both": ([page("<p>rich"), text("plain")], "alternative", "plain"),
    "an empty one and HTML": ([text(" \n"), page("<b>rich")], "alternative", "rich"),
    "two empty ones": ([text(""), page("<p>")], "alternative", ""),
    "neither": (["Content-Type: text/x-amp\n\nodd", text("")], "alternative", "odd"),
    "no part": ([], "mixed", ""),
    "a part without headers": (["\nplain"], "mixed", "plain"),
    "several": ([text("one"), text("two")], "mixed", "one\n\ntwo"),
    "a digest": (["\nSubject: a\n\none", "\nSubject: b\n\ntwo"], "digest", "one\n\ntwo"),
    "a type that nobody knows": ([text("one")], "nosuch", "one"),
    "only a file": ([a_file("a.txt", kind="text/plain")], "mixed", ""),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "kind", "words"), BODIES.values(), ids=BODIES.keys())
def test_the_parts_to_be_read_are_the_text(parts: list[str | bytes], kind: str, words: str) -> None:
    """Each thing is read once, in plain text where there is some, else in HTML."""
    assert read(a_mail_of(*parts, kind=kind)).report.details == words


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed; boundary=other"])
def test_parts_that_cannot_be_told_apart_are_one_text(kind: str) -> None:
    """Where no line is the boundary that the mail names, or it names none, all of it is read."""
    assert details("--b\n\nIt falls.\n--b--\n", kind) == "--b\n\nIt falls.\n--b--"


def test_a_picture_in_the_other_version_is_kept() -> None:
    """Whoever writes in HTML shows screenshots there; the plain version has none."""
    picture = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGk="
    rich = "Content-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<img>"

    mailed = read(a_mail_of(text("plain"), f"{rich}\n--c\n{picture}\n--c--", kind="alternative"))

    assert mailed.report.details == "plain"
    assert [file.content for file in mailed.attachments] == [b"hi"]


LINES = {
    "blanks": ("  a \t b\n", 300, "a b"),
    "too long": ("abc def", 6, "abc d…"),
    "cut at a blank": ("abc def", 5, "abc…"),
    "an encoded break": ("=?utf-8?q?=0A?=", 300, "= ?utf-8?q?=0A?="),
    "an encoded break that just fits": ("=?utf-8?q?=0A?=", 15, "= ?utf-8?q?=0A?"),
    "a charset that is none": ("=?\u00fc?q?x?=", 300, "= ?ü?q?x?="),
    "a lone surrogate": ("\ud800", 300, "\ufffd"),
}


@pytest.mark.parametrize(("given", "most", "line"), LINES.values(), ids=LINES.keys())
def test_a_line_is_one_line(given: str, most: int, line: str) -> None:
    """It is as short as it must be, also after it has been made harmless."""
    assert readable_line(given, most) == line
