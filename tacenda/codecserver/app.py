"""What the codec server answers: `/encode` and `/decode`, and a page to log in on.

The Web UI sends no token, so a person logs in here and the browser shows a cookie. Programs
show a token. Nothing that was decoded, and no token, is ever logged or quoted.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from temporalio.api.common.v1 import Payload

from tacenda.codec import Undecodable
from tacenda.codecserver import wire
from tacenda.codecserver.people import SESSION_SECONDS, TRIES, People
from tacenda.codecserver.rules import Guarded, Refusal, Rules, body_of, sentence, write_down
from tacenda.codecserver.tokens import Owner
from tacenda.errors import TacendaError

PAGES = Path(__file__).with_name("pages")
MAX_FORM = 4096
ANYBODY = Owner(name="anybody", digest="")
Work = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def app(codec: wire.Codec, people: People, rules: Rules) -> ASGIApp:
    """Return the codec server as an ASGI application."""
    desk = _Desk(codec, people, rules)
    door = _Door(people, rules)
    routes = [
        Route("/decode", desk.decode, methods=["POST", "OPTIONS"]),
        Route("/encode", desk.encode, methods=["POST", "OPTIONS"]),
        Route("/link", door.link, methods=["POST"]),
        Route("/", door.page, methods=["GET"]),
        Route("/login", door.page, methods=["GET"]),
        Route("/login", door.log_in, methods=["POST"]),
        Route("/logout", door.log_out, methods=["POST"]),
        Route("/style.css", _style, methods=["GET"]),
    ]
    handlers = {HTTPException: _nowhere, Exception: _failed}
    return Guarded(Starlette(routes=routes, exception_handlers=handlers), rules)


class _Desk:
    """Encodes and decodes for whoever may."""

    def __init__(self, codec: wire.Codec, people: People, rules: Rules) -> None:
        self._codec = codec
        self._people = people
        self._rules = rules

    async def decode(self, request: Request) -> Response:
        return await self._answer(request, "decode", self._decoded)

    async def encode(self, request: Request) -> Response:
        return await self._answer(request, "encode", self._codec.encode)

    async def _answer(self, request: Request, action: str, work: Work) -> Response:
        if request.method == "OPTIONS":
            return self._rules.preflight(request)
        shared = self._rules.shared(request)
        name, number = None, 0
        try:
            self._rules.check_origin(request)
            name = _who(request, self._people, self._rules).name
            self._rules.check_namespace(request)
            payloads = await _payloads(request)
            number = len(payloads)
            body = wire.write(await _explained(work, payloads))
            answer = Response(body, media_type="application/json", headers=shared)
        except Refusal as refusal:
            if refusal.status == 401:
                shared |= {"WWW-Authenticate": "Bearer"}
            answer = sentence(refusal, shared)
        write_down(name, action, number, answer.status_code)
        return answer

    async def _decoded(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads opened; one that cannot be is left as it is.

        So one shredded case, or one damaged payload, does not hide what is beside it.
        """
        try:
            return await self._codec.decode(payloads)
        except Undecodable:
            return [await self._decoded_alone(payload) for payload in payloads]

    async def _decoded_alone(self, payload: Payload) -> Payload:
        try:
            (opened,) = await self._codec.decode([payload])
        except Undecodable:
            return payload
        return opened


class _Door:
    """The page to log in on, and links that log in once."""

    def __init__(self, people: People, rules: Rules) -> None:
        self._people = people
        self._rules = rules
        self._pages = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined
        )

    async def page(self, request: Request) -> Response:
        """Show who is logged in, else where to; a link with `once` logs in."""
        once = request.query_params.get("once")
        if once is not None and request.method == "GET":  # a mere look (HEAD) does not use it up
            return self._by_link(once)
        word = request.cookies.get(self._rules.cookie, "")
        owner = ANYBODY if self._rules.nobody_logs_in else self._people.by_session(word)
        if owner:
            return self._inside(owner)
        return self._html("login.html", complaint="")

    def _by_link(self, once: str) -> Response:
        owner = self._people.by_link(once)
        if owner is None:
            write_down(None, "login", 0, 403)
            complaint = "That link was used already, or is older than ten minutes."
            return self._html("login.html", 403, complaint=complaint)
        return self._welcome(owner)

    async def log_in(self, request: Request) -> Response:
        """Take a token from the form."""
        try:
            self._rules.check_own(request)
            form = await body_of(request, MAX_FORM)
        except Refusal as refusal:
            write_down(None, "login", 0, refusal.status)
            return sentence(refusal)
        owner = self._people.by_token(_field(form, "token"))
        if owner:
            return self._welcome(owner)
        too_many = self._people.failed()
        status = 429 if too_many else 403
        write_down(None, "login", 0, status)
        complaint = "That is no token of anybody who may read cases here."
        if too_many:
            complaint = f"There were {TRIES} wrong tokens within a minute. Try again in a minute."
        return self._html("login.html", status, complaint=complaint)

    def _welcome(self, owner: Owner) -> Response:
        write_down(owner.name, "login", 0, 303)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._rules.cookie,
            self._people.log_in(owner),
            max_age=SESSION_SECONDS,
            secure=self._rules.is_secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        try:
            self._rules.check_own(request)
        except Refusal as refusal:
            return sentence(refusal)
        word = request.cookies.get(self._rules.cookie, "")
        owner = self._people.by_session(word)
        self._people.log_out(word)
        write_down(owner.name if owner else None, "logout", 0, 303)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(
            self._rules.cookie, secure=self._rules.is_secure, httponly=True, samesite="strict"
        )
        return answer

    async def link(self, request: Request) -> Response:
        """Answer a token with the address of a link that logs its owner in once."""
        owner = _bearer(request, self._people)
        write_down(owner.name if owner else None, "link", 0, 200 if owner else 401)
        if owner is None:
            return sentence(Refusal(401, "That is no token of anybody who may read cases here."))
        return PlainTextResponse(f"{link(self._rules, self._people, owner)}\n")

    def _inside(self, owner: Owner) -> Response:
        return self._html("inside.html", name=owner.name, rules=self._rules)

    def _html(self, page: str, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._pages.get_template(page).render(values), status)


def link(rules: Rules, people: People, owner: Owner) -> str:
    """Return the address of a link that logs `owner` in once, within ten minutes."""
    return f"{rules.address}/login?once={people.link_for(owner)}"


def _who(request: Request, people: People, rules: Rules) -> Owner:
    """Return who asks; raises `Refusal` where that is nobody who may."""
    if rules.nobody_logs_in:
        return ANYBODY
    if "authorization" in request.headers:
        owner = _bearer(request, people)
    elif word := request.cookies.get(rules.cookie):
        if "origin" not in request.headers:
            raise Refusal(403, "A login is for the Web UI. Programs show a token.")
        owner = people.by_session(word)
    else:
        owner = None
    if owner is None:
        raise Refusal(
            401, f"Nobody who may read cases asked. Log in at {rules.address}, or show a token."
        )
    return owner


def _bearer(request: Request, people: People) -> Owner | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return people.by_token(token.strip()) if kind.lower() == "bearer" else None


async def _payloads(request: Request) -> list[Payload]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "The body must be application/json.")
    try:
        return wire.read(await body_of(request, wire.MAX_BODY))
    except wire.Malformed as malformed:
        raise Refusal(400, str(malformed)) from None


async def _explained(work: Work, payloads: Sequence[Payload]) -> list[Payload]:
    try:
        return await work(payloads)
    except TacendaError as error:
        raise Refusal(503, str(error)) from None


def _field(form: bytes, name: str) -> str:
    try:
        values = parse_qs(form.decode("ascii"), max_num_fields=10)
    except ValueError:
        return ""
    return values.get(name, [""])[0].strip()


def _style(_request: Request) -> Response:
    return Response((PAGES / "style.css").read_bytes(), media_type="text/css")


def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Something unforeseen went wrong.\n", 500)


def _nowhere(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_method = error.status_code == 405
    what = "That is not how this is asked for." if is_method else "There is nothing here."
    return PlainTextResponse(f"{what}\n", error.status_code, headers=error.headers)
