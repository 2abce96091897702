"""Whatever is sent to the codec server, it answers with payloads or with a sentence."""

import asyncio
import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.asgi import Answer, ask
from tests.unit.test_codecserver import Server

SERVER = Server(Path(mkdtemp(prefix="tacenda-fuzz-")))
WORDS = st.text(max_size=20) | st.sampled_from(["YQ==", "YQ", "Y Q==", "-_-_", "\ud800"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.dictionaries(WORDS, WORDS | JSON, max_size=3) | JSON,
        "data": WORDS | JSON,
        "externalPayloads": JSON,
        "anything": JSON,
    },
)


def is_clean(answer: Answer) -> bool:
    """Whether an answer is a list of payloads, or one sentence."""
    if answer.status == 200:
        return isinstance(answer.payloads, list)
    (sentence,) = answer.text.splitlines()
    return 400 <= answer.status < 500 and sentence.endswith(".") and "Traceback" not in sentence


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes that mean nothing are refused cleanly."""
    for path in ("/decode", "/encode"):
        assert is_clean(asyncio.run(SERVER.post(path, content)))


@given(JSON | st.fixed_dictionaries({"payloads": JSON | st.lists(PAYLOADS | JSON, max_size=4)}))
def test_any_json(content: Any) -> None:
    """So is JSON of any shape; what Temporal could have sent comes back."""
    for path in ("/decode", "/encode"):
        assert is_clean(asyncio.run(SERVER.post(path, json.dumps(content).encode())))


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "PATCH", "X"]),
    path=st.sampled_from(["/", "/login", "/logout", "/link", "/decode", "/login?once=x"]),
    content=st.binary(max_size=60),
    headers=st.dictionaries(
        st.sampled_from(["host", "origin", "cookie", "authorization", "content_type"]),
        st.text(st.characters(max_codepoint=255), max_size=30),
    ),
)
def test_any_request(method: str, path: str, content: bytes, headers: dict[str, str]) -> None:
    """No method, header or form makes it fail."""
    answer = asyncio.run(ask(SERVER.app, method, path, content, **headers))

    assert answer.status < 500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"payloads": {}}',
        b'{"payloads": [1]}',
        b'{"payloads": [{"data": "%"}]}',
        b'{"payloads": [{"data": "YQ"}]}',
        b'{"payloads": [{"data": 5}]}',
        b'{"payloads": [{"metadata": []}]}',
        b'{"payloads": [{"metadata": {"encoding": {}}}]}',
        b'{"payloads": [{"metadata": {"\\ud800": "YQ=="}}]}',
        b'{"payloads": [{"externalPayloads": 7}]}',
        b'{"payloads": [{"data": "\xff"}]}',
        b'{"payloads": ' + b"[" * 100_000,
        b'{"payloads": [{"x": ' + b'{"x":' * 50_000,
        b'{"payloads": [' + b"9" * 10_000 + b"]}",
        b'{"payloads": [{"data": "YQ=="}]',
        b'{"payloads": [NaN]}',
    ],
    ids=range(19),
)
async def test_malformed_bodies_are_refused(content: bytes) -> None:
    """Each ends in a 400 and one sentence that quotes nothing."""
    answer = await SERVER.post("/decode", content)

    assert answer.status == 400
    assert is_clean(answer)
