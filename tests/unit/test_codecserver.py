"""The codec server: whom it answers, which pages may ask, and how it says no."""

import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from tacenda.codecserver import wire
from tacenda.codecserver.app import app
from tacenda.codecserver.people import People
from tacenda.codecserver.rules import Rules
from tacenda.codecserver.tokens import Tokens
from tacenda.errors import Unavailable
from tests.unit.asgi import Answer, Mirror, ask, body, spelt

UI = "http://127.0.0.1:8233"
OURS = "http://127.0.0.1:8081"
CANARY = b"the importer writes outside its folder"
PLAIN = spelt("json/plain", CANARY)


class Server:
    """A codec server, its token file, and a program that has alice's token."""

    def __init__(self, folder: Path, **rules: Any) -> None:
        self.codec = rules.pop("codec", None) or Mirror()
        self.tokens = Tokens(folder / "codec" / "tokens")
        self.alice = self.tokens.issue("alice")
        self.people = People(self.tokens, ["alice", "bob"])
        given = {"address": OURS, "ui": (UI,), "namespace": "default"} | rules
        self.app: ASGIApp = app(self.codec, self.people, Rules(**given))

    async def post(self, path: str, content: bytes = body(PLAIN), **headers: str | None) -> Answer:
        """Ask as a program with alice's token, but for what is given."""
        usual = {
            "content_type": "application/json",
            "x_namespace": "default",
            "authorization": f"Bearer {self.alice}",
        }
        return await ask(self.app, "POST", path, content, **(usual | headers))

    async def log_in(self, token: str, origin: str | None = OURS) -> Answer:
        """Send the form of the login page."""
        return await ask(self.app, "POST", "/login", f"token={token}".encode(), origin=origin)

    async def in_browser(self, cookie: str | None, **headers: str | None) -> Answer:
        """Ask as the Web UI does in a browser with that cookie."""
        given = {"authorization": None, "origin": UI, "cookie": cookie} | headers
        return await self.post("/decode?preserveStorageRefs=true", body(PLAIN), **given)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A codec server for alice and bob."""
    return Server(tmp_path)


async def test_what_was_encoded_is_decoded(server: Server) -> None:
    """A program with a token gets back what it put in, and in between nothing legible."""
    encoded = await server.post("/encode")
    decoded = await server.post("/decode", body(*encoded.payloads))

    assert (encoded.status, decoded.status) == (200, 200)
    assert encoded.headers["content-type"] == "application/json"
    assert encoded.payloads != [PLAIN]
    assert decoded.payloads == [PLAIN]


async def test_a_payload_that_cannot_be_opened_hides_no_other(server: Server) -> None:
    """It comes back as it was, in its place; those beside it are opened."""
    (encoded,) = (await server.post("/encode")).payloads
    damaged = spelt("damaged", b"x")
    answer = await server.post("/decode", body(encoded, damaged, encoded))

    assert answer.payloads == [PLAIN, damaged, PLAIN]


async def test_an_empty_payload_has_data(server: Server) -> None:
    """Null has no data; the Web UI expects an empty one."""
    answer = await server.post("/decode", body({"metadata": {"encoding": "YmluYXJ5L251bGw="}}))

    assert answer.payloads == [{"metadata": {"encoding": "YmluYXJ5L251bGw="}, "data": ""}]


@pytest.mark.parametrize("path", ["/encode", "/decode"])
@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer wrong", "Basic {0}", "{0}", "\xff"])
async def test_nobody_without_a_token_is_answered(
    server: Server, path: str, shown: str | None
) -> None:
    """No token, a wrong one, or a right one shown wrongly: 401, and a sentence."""
    answer = await server.post(path, authorization=shown and shown.format(server.alice))

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.text.startswith("Nobody who may read cases asked.")


async def test_a_name_that_is_not_allowed_is_refused(server: Server) -> None:
    """A token is good for a name that the settings list, and for no other."""
    mallory = server.tokens.issue("mallory")
    answer = await server.post("/decode", authorization=f"Bearer {mallory}")

    assert answer.status == 401
    assert (await server.log_in(mallory)).status == 403


async def test_a_revoked_token_is_good_no_more(server: Server) -> None:
    """Revoked is revoked at once, for the token and for the session that came of it."""
    cookie = (await server.log_in(server.alice)).cookie
    before = await server.in_browser(cookie)
    gone = server.tokens.revoke("alice")

    assert (before.status, gone) == (200, 1)
    assert (await server.post("/decode")).status == 401
    assert (await server.in_browser(cookie)).status == 401


async def test_whoever_logs_in_has_cases_decoded_in_the_web_ui(server: Server) -> None:
    """The cookie is for this host's pages alone, and no script reads it."""
    answer = await server.log_in(server.alice)
    inside = await ask(server.app, "GET", "/", cookie=answer.cookie)
    decoded = await server.in_browser(answer.cookie)
    kind = answer.headers["set-cookie"].lower()

    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert all(word in kind for word in ("httponly", "samesite=strict", "max-age=43200"))
    assert "secure" not in kind
    assert "logged in as <bdi>alice</bdi>" in inside.text
    assert decoded.status == 200
    assert decoded.headers["access-control-allow-origin"] == UI
    assert decoded.headers["access-control-allow-credentials"] == "true"


async def test_behind_tls_the_cookie_stays_there(tmp_path: Path) -> None:
    """Where browsers come over https, the cookie never leaves it."""
    server = Server(tmp_path, address="https://codec.example.org")
    host = "codec.example.org"
    content = f"token={server.alice}".encode()
    answer = await ask(
        server.app, "POST", "/login", content, host=host, origin="https://codec.example.org"
    )

    assert answer.status == 303
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1:8234", "http://evil.example"])
async def test_a_login_is_for_the_web_ui_alone(server: Server, origin: str | None) -> None:
    """With a cookie, any other page or program is refused, and no browser shows it the answer."""
    cookie = (await server.log_in(server.alice)).cookie
    answer = await server.in_browser(cookie, origin=origin)

    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_another_page_is_refused_with_a_token_too(server: Server) -> None:
    """A token in the hands of a page that is not the Web UI opens nothing."""
    assert (await server.post("/decode", origin="http://evil.example")).status == 403


async def test_logging_out_ends_the_session(server: Server) -> None:
    """The cookie of before opens nothing more."""
    cookie = (await server.log_in(server.alice)).cookie
    answer = await ask(server.app, "POST", "/logout", origin=OURS, cookie=cookie)

    assert answer.status == 303
    assert (await server.in_browser(cookie)).status == 401


@pytest.mark.parametrize("origin", [None, "null", UI, "http://evil.example"])
async def test_a_form_of_another_page_logs_nobody_in(server: Server, origin: str | None) -> None:
    """Nobody is logged in, or out, by a page that is not ours."""
    cookie = (await server.log_in(server.alice)).cookie
    answer = await ask(server.app, "POST", "/logout", origin=origin, cookie=cookie)

    assert (await server.log_in(server.alice, origin)).status == 403
    assert answer.status == 403
    assert (await server.in_browser(cookie)).status == 200


async def test_guessing_is_slowed_down_but_locks_nobody_out(server: Server) -> None:
    """After five wrong tokens within a minute it says so; the right one still logs in."""
    tries = [await server.log_in(f"wrong{number}") for number in range(6)]

    assert [answer.status for answer in tries] == [403] * 5 + [429]
    assert "Try again in a minute" in tries[-1].text
    assert not any("wrong1" in answer.text for answer in tries)
    assert (await server.log_in(server.alice)).status == 303


async def test_a_link_logs_in_once(server: Server) -> None:
    """A program with a token gets a link for its owner; the second time it is refused."""
    link = await server.post("/link")
    address = link.text.strip().removeprefix(OURS)
    looked = await ask(server.app, "HEAD", address)
    first = await ask(server.app, "GET", address)
    second = await ask(server.app, "GET", address)

    assert address.startswith("/login?once=")
    assert (looked.status, "set-cookie" in looked.headers) == (200, False)
    assert (first.status, first.headers["location"]) == (303, "/")
    assert (await server.in_browser(first.cookie)).status == 200
    assert (second.status, "set-cookie" in second.headers) == (403, False)
    assert (await server.post("/link", authorization="Bearer wrong")).status == 401


@pytest.mark.parametrize("path", ["/encode", "/decode"])
async def test_a_browser_lets_the_web_ui_ask(server: Server, path: str) -> None:
    """A preflight from the Web UI is answered with what it needs, and nothing more."""
    answer = await ask(server.app, "OPTIONS", path, origin=UI)
    private = await ask(
        server.app, "OPTIONS", path, origin=UI, access_control_request_private_network="true"
    )

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    allowed = set(answer.headers["access-control-allow-headers"].split(","))
    assert allowed == {"content-type", "x-namespace", "authorization"}
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-private-network" not in answer.headers
    assert private.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("origin", [None, "null", UI + "/", "https://127.0.0.1:8233", "*"])
async def test_a_browser_lets_no_other_page_ask(server: Server, origin: str | None) -> None:
    """The origin must be that of the Web UI to the letter."""
    answer = await ask(server.app, "OPTIONS", "/decode", origin=origin)

    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "x@y"])
async def test_another_name_of_this_host_is_refused(server: Server, host: str) -> None:
    """A web site that rebinds its name to this machine gets no page and no answer."""
    assert (await server.post("/decode", host=host)).status == 400
    assert (await ask(server.app, "GET", "/", host=host)).status == 400


@pytest.mark.parametrize(("namespace", "status"), [(None, 400), ("other", 403), ("", 403)])
async def test_another_namespace_is_refused(
    server: Server, namespace: str | None, status: int
) -> None:
    """The server decodes for the namespace it was set up for."""
    assert (await server.post("/decode", x_namespace=namespace)).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/decode", 405),
        ("PUT", "/encode", 405),
        ("GET", "/logout", 405),
        ("POST", "/", 405),
        ("GET", "/download", 404),
        ("GET", "/../tokens", 404),
    ],
)
async def test_what_is_not_there_is_said(
    server: Server, method: str, path: str, status: int
) -> None:
    """Another path or method gets a sentence."""
    answer = await ask(server.app, method, path)

    assert answer.status == status
    assert answer.text.endswith(".\n")


@pytest.mark.parametrize("path", ["/", "/login", "/style.css", "/decode", "/nowhere"])
async def test_the_pages_allow_nothing_from_elsewhere(server: Server, path: str) -> None:
    """Every answer, refusals included, allows no script, no frame, no other host and no cache."""
    answer = await ask(server.app, "GET", path)
    policy = answer.headers["content-security-policy"]

    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_a_body_has_an_end(server: Server) -> None:
    """More than 8 MB, or one that is cut off, is refused."""
    large = [b" " * (1024 * 1024)] * 9

    answer = await ask(
        server.app,
        "POST",
        "/decode",
        large,
        content_type="application/json",
        x_namespace="default",
        authorization=f"Bearer {server.alice}",
    )
    many = await server.post("/decode", body(*[{}] * (wire.MAX_PAYLOADS + 1)))

    assert (answer.status, many.status) == (413, 400)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_a_body_is_json_by_name(server: Server, kind: str | None) -> None:
    """What a page could send unasked, without a preflight, is refused."""
    assert (await server.post("/decode", content_type=kind)).status == 415


async def test_a_store_that_does_not_answer_is_said(server: Server) -> None:
    """The sentence reaches whoever asked; nothing is passed off as decoded."""
    server.codec.fails = Unavailable("The key store does not answer.")
    decoded, encoded = await server.post("/decode"), await server.post("/encode")

    assert (decoded.status, encoded.status) == (503, 503)
    assert decoded.text == "The key store does not answer.\n"


async def test_a_fault_of_ours_shows_nothing(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen error is a sentence; neither answer nor log repeat its text."""
    server.codec.fails = RuntimeError(CANARY.decode())
    answer = await server.post("/decode")

    assert (answer.status, answer.text) == (500, "Something unforeseen went wrong.\n")
    assert CANARY.decode() not in caplog.text
    assert "RuntimeError" in caplog.text


async def test_without_a_login_everybody_here_reads(tmp_path: Path) -> None:
    """The unsafe mode asks for no token; another page than the Web UI is refused even so."""
    server = Server(tmp_path, nobody_logs_in=True)
    answer = await server.post("/decode", authorization=None)
    foreign = await server.post("/decode", authorization=None, origin="http://evil.example")

    assert (answer.status, foreign.status) == (200, 403)


async def test_the_access_log_says_who_and_how_much_but_nothing_of_it(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A line has the time, the name, the act, the number of payloads and the status."""
    caplog.set_level(logging.INFO, "tacenda.codecserver.access")
    encoded = await server.post("/encode?x=secret")
    await server.post("/decode", body(*encoded.payloads * 3))
    await server.post("/decode", authorization="Bearer wrong")
    await server.log_in(server.alice)
    await server.log_in("wrong")
    link = await server.post("/link")
    await ask(server.app, "GET", link.text.strip().removeprefix(OURS))
    lines = [record.getMessage().split(" ", 1) for record in caplog.records]

    assert [line for _, line in lines] == [
        "alice encode payloads=1 status=200",
        "alice decode payloads=3 status=200",
        "- decode refused payloads=0 status=401",
        "alice login payloads=0 status=303",
        "- login refused payloads=0 status=403",
        "alice link payloads=0 status=200",
        "alice login payloads=0 status=303",
    ]
    assert all(time.endswith("Z") and len(time) == 20 for time, _ in lines)
    assert not any(word in caplog.text for word in (server.alice, "secret", "wrong", "once="))
