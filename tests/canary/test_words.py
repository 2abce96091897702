"""The suite sees: every encoding of every word, hashes, and fields that are added later."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, EmailStr

from tests.canary.fields import CLEAR, PUBLISHED, texts, texts_of
from tests.canary.surfaces import ids_in
from tests.canary.words import Words, digest_of

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "hexadecimal": lambda data: data.hex().encode(),
    "base64": b64encode,
    "base64, one on": lambda data: b64encode(b"x" + data),
    "base64, two on": lambda data: b64encode(b"xy" + data),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_word_is_found_in_every_encoding(way: str, encoding: str) -> None:
    """Whatever stands before and after it."""
    words = Words()
    for word in (words.of("a"), words.cve("b"), words.vector("c")):
        assert words.found_in(b"--" + WAYS[way](f"<{word}>".encode(encoding)) + b"--") == {word}


def test_what_is_cut_off_is_found_too() -> None:
    """The beginning of a word is enough, and so is one that nobody made."""
    words = Words()
    [found] = words.found_in(b"..." + words.of("a")[:10].encode() + b"...")

    assert found.startswith("something with the mark")
    assert words.found_in(b"nothing") == set()


@pytest.mark.parametrize("shown", [str, str.upper, lambda digest: digest[:24]])
def test_a_hash_is_found(shown: Callable[[str], str]) -> None:
    """Of a CVE id, which anybody can guess, and of whatever is said to be one."""
    words = Words()
    cve = words.cve("AssignCve.cves")
    words.digest("an act", digest_of("score"))
    words.digest("nothing", "")

    assert words.told_by(shown(digest_of(cve)).encode()) == {cve}
    assert words.told_by(bytes.fromhex(digest_of("score"))) == {"an act"}
    assert words.told_by(b"") == set()


def test_a_text_that_is_added_is_found() -> None:
    """Wherever it is, and of a kind that nobody thought of; numbers and choices are no texts."""

    class Colour(Enum):
        RED = "red"

    class Inner(BaseModel):
        note: Annotated[str, "some"] = ""

    class Added(BaseModel):
        at: datetime | None
        number: int
        colour: Colour
        way: Literal["this", "that"]
        inner: tuple[Inner, ...]
        address: EmailStr | None
        content: bytes

    assert set(texts_of(Added)) == {"Inner.note", "Added.address", "Added.content"}


def test_the_tables_name_fields_that_there_are() -> None:
    """A field that is gone has no exception any more."""
    assert (CLEAR.keys() | PUBLISHED.keys()) - texts() == set()


def test_ids_and_names_are_told_apart_from_payloads() -> None:
    """An id is looked at by itself, and what an event says is not."""
    history = b'{"events": [{"updateId": "u1", "input": {"data": "x1"}, "signalName": "s1"}]}'

    assert ids_in(history) == b"updateId=u1\nsignalName=s1"
