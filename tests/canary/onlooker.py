"""A person who reads a case in the Web UI, in a real browser, while a proxy records it."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.canary.clerk import Clerk
from tests.canary.proxy import Recorder, recording
from tests.canary.surfaces import Surfaces
from tests.e2e.browser import PATIENCE_MS, browser, everything, told_to_show_its_login, wait_on

MOMENT_MS = 300
TABS = ("Event History", "Pending Activities", "Call Stack", "Memo", "User Metadata", "Queries")


def look_at_the_web_ui(clerk: Clerk, surfaces: Surfaces, shown: dict[str, str]) -> None:
    """Log in and read cases; `shown` are the cases, each with what must then be legible."""
    at = clerk.machine.at
    ui, codec = (urlsplit(at[name]).netloc for name in ("ui", "codec"))
    with recording() as proxy:
        flags = (f"--proxy-server=http://127.0.0.1:{proxy.port}", "--proxy-bypass-list=<-loopback>")
        with browser(*flags) as page:
            page.goto(clerk.does("codec", "--link"))
            page.goto(f"{at['ui']}/namespaces/default/workflows")
            first, *_ = shown
            page.goto(f"{at['ui']}/namespaces/default/workflows/{first}")
            told_to_show_its_login(page, at["codec"])
            for case, word in shown.items():
                page.goto(f"{at['ui']}/namespaces/default/workflows/{case}")
                expect(page.get_by_text(word).first).to_be_visible(timeout=PATIENCE_MS)
                _through_the_tabs(page)
    _note(surfaces, proxy, ui, codec)


def _through_the_tabs(page: Page) -> None:
    """Open what there is of a case: its events, its notes, and what it answers to a question."""
    for tab in TABS:
        page.get_by_role("tab", name=tab).first.click()
        page.wait_for_timeout(MOMENT_MS)
        if tab == "Event History":
            page.get_by_test_id("event-summary-row").first.click()
            page.wait_for_timeout(MOMENT_MS)
        if tab == "User Metadata":
            wait_on(page, lambda: "severity:" in everything(page), "the current details")
    page.get_by_test_id("query-select-button").click()
    page.get_by_text("The case: its facts").click()
    page.get_by_role("button", name="Run Query").click()
    wait_on(
        page,
        lambda: '"report"' in page.get_by_test_id("query-result").inner_text(),
        "the whole case",
    )


def _note(surfaces: Surfaces, proxy: Recorder, ui: str, codec: str) -> None:
    asked = {host: bytes(sent) for host, sent in proxy.requests.items()}
    # The Web UI has its own host make HTML of notes: they are in these addresses, decoded.
    assert b"/render?content=" in asked[ui]
    assert b"/decode" in asked[codec]
    surfaces.add("requests to the host of the Web UI", asked.pop(ui))
    surfaces.add("requests to the codec server", asked.pop(codec))
    surfaces.add("requests to any other host", *asked.values())
    surfaces.add("answers of the host of the Web UI", bytes(proxy.answers[ui]))
