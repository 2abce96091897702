"""The page that shows the caught letters, on this machine only.

Every word of a letter comes from outside: the templates escape all of it, and the content
security policy allows no script and nothing from elsewhere. A name that is not that of the
loopback interface is refused, so that no web site can read letters by rebinding its own.
"""

from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tacenda.local.maildir import Attachment, Maildir, opened

PAGES = Path(__file__).with_name("pages")
SHOWN = 300
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def app(maildir: Maildir) -> Starlette:
    """Return the page over `maildir`."""
    page = _Page(maildir)
    routes = [
        Route("/", page.letters),
        Route("/letters.json", page.listing),
        Route("/letters/{letter_id}", page.letter),
        Route("/letters/{letter_id}/source", page.source),
        Route("/letters/{letter_id}/attached/{number}", page.attached),
        Route("/style.css", _style),
    ]
    guard = Middleware(
        TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False
    )
    return Starlette(routes=routes, middleware=[Middleware(_Guarded), guard])


class _Page:
    """The answers; they read the disk, so Starlette runs them in threads."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir
        self._pages = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined
        )

    def letters(self, _request: Request) -> Response:
        letters = self._maildir.letters()
        older = max(0, len(letters) - SHOWN)
        folder = str(self._maildir.folder)
        return self._html(
            "letters.html", letters=letters[:SHOWN], count=len(letters), older=older, folder=folder
        )

    def listing(self, _request: Request) -> Response:
        return JSONResponse([letter.model_dump(mode="json") for letter in self._maildir.letters()])

    def letter(self, request: Request) -> Response:
        letter_id = request.path_params["letter_id"]
        source = self._maildir.source(letter_id)
        if source is None:
            return _nowhere()
        return self._html("letter.html", letter=opened(source), letter_id=letter_id)

    def source(self, request: Request) -> Response:
        source = self._maildir.source(request.path_params["letter_id"])
        return _nowhere() if source is None else PlainTextResponse(source)

    def attached(self, request: Request) -> Response:
        source = self._maildir.source(request.path_params["letter_id"])
        attachments = opened(source).attachments if source else ()
        by_number = {str(number): one for number, one in enumerate(attachments, 1)}
        one = by_number.get(request.path_params["number"])
        return _nowhere() if one is None else _download(one)

    def _html(self, page: str, **values: object) -> Response:
        return HTMLResponse(self._pages.get_template(page).render(values))


def _style(_request: Request) -> Response:
    return Response((PAGES / "style.css").read_bytes(), media_type="text/css")


def _download(attachment: Attachment) -> Response:
    """Return a file to be saved, whatever it says that it is: nothing opens it here."""
    name = quote(attachment.name, safe="")
    return Response(
        attachment.content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=utf-8''{name}"},
    )


def _nowhere() -> Response:
    return PlainTextResponse("There is no such letter.\n", status_code=404)


class _Guarded:
    """Put the security headers on every answer, refusals included."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._inner(scope, receive, guarded)
