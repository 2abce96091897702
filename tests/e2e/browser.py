"""A real browser, headless Chromium, as a person at the Web UI uses it."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Error, Frame, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",  # it refuses to run as root with one
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000


def binary() -> str:
    """Return the browser; fail where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.fail("This test needs Chromium: apt-get install -y chromium")


@contextmanager
def browser(*flags: str) -> Iterator[Page]:
    """A page in a browser that knows nothing yet; `flags` are more words to start it with."""
    path = binary()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            page.set_default_timeout(PATIENCE_MS)
            yield page
        finally:
            chromium.close()


def told_to_show_its_login(page: Page, endpoint: str) -> None:
    """Do in the Web UI what the page of the codec server says has to be done once."""
    page.get_by_test_id("data-encoder-status-error").click()
    dialog = page.get_by_role("dialog").filter(has_text="Codec Server")
    dialog.get_by_text("Use my browser setting and ignore Cluster-level setting.").click()
    dialog.get_by_placeholder("Paste your endpoint here").fill(endpoint)
    dialog.get_by_text("Include cross-origin credentials").click()
    dialog.get_by_role("button", name="Apply").click()
    page.reload()


def everything(page: Page) -> str:
    """Return all that the page holds: the Web UI shows notes in frames, and draws them anew."""
    return "\n".join(map(_content, page.frames))


def _content(frame: Frame) -> str:
    """Return what a frame holds; nothing where it is being replaced just now."""
    try:
        return frame.content()
    except Error:
        return ""


def wait_on(page: Page, condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds, while the page goes on."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        page.wait_for_timeout(200)


def pictured(page: Page, folder: Path, name: str) -> None:
    """Keep a picture of the page, for whoever wants to see why a test failed."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
