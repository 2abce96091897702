"""A case that is driven from the Web UI alone: everything is typed into its own dialogs."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tacenda.views import saved_views
from tests.e2e.browser import browser, everything, pictured, told_to_show_its_login, wait_on
from tests.e2e.machine import Machine, eventually
from tests.e2e.samples import HIGH

REF = "https://git.example.org/pull/512"


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser that nobody has used."""
    with browser() as page:
        yield page


def logged_in(office: Machine, page: Page, case: str) -> None:
    """Open a case as somebody who may read it."""
    page.goto(office.done("codec", "--link").out.strip())
    endpoint = page.locator("#endpoint").inner_text()
    page.goto(f"{office.at['ui']}/namespaces/default/workflows/{case}")
    told_to_show_its_login(page, endpoint)


def sent(page: Page, kind: str, name: str, **values: Any) -> None:
    """Send a signal or an update by the dialog of the Web UI, with what is typed as its data."""
    page.get_by_role("button", name="More Actions").click()
    page.get_by_role("menuitem", name=re.compile(f"Send an? {kind}")).click()
    dialog = page.get_by_role("dialog").filter(visible=True).last
    dialog.get_by_test_id(f"{kind.lower()}-select-button").click()
    page.get_by_role("option", name=re.compile(rf"^{name}\b")).click()
    dialog.get_by_label("Data").click()
    page.keyboard.press("ControlOrMeta+a")  # it shows what was sent last
    page.keyboard.insert_text(json.dumps(values))
    submit = dialog.get_by_role("button", name="Submit")
    # The first click may go to the editor alone: it lays out what was typed, and the button moves.
    wait_on(page, partial(_is_submitted, dialog, submit), f"{name} to go")


def _is_submitted(dialog: Locator, submit: Locator) -> bool:
    submit.click()
    return _is_gone(dialog)


def _is_gone(dialog: Locator) -> bool:
    """Whether a dialog has closed, for which it gets a little time."""
    with suppress(AssertionError):
        expect(dialog).to_be_hidden(timeout=3000)
        return True
    return False


def test_a_case_from_its_report_to_its_record(office: Machine, page: Page, tmp_path: Path) -> None:
    """Taken, scored, fixed, noticed, released and closed, without the command line."""
    case = office.open(title="Driven by hand")
    logged_in(office, page, case)
    page.get_by_role("button", name="More Actions").wait_for()

    def is_(state: str) -> None:
        eventually(lambda: office.json("show", case)["state"], state, f"{state} from the Web UI")

    why = {"by": "alice", "override": "by hand"}
    at = (datetime.now(UTC) + timedelta(days=9)).isoformat(timespec="seconds")
    sent(page, "Update", "acknowledge", by="alice", team=["bob"])
    is_("fix")
    sent(page, "Update", "score", by="alice", vector=HIGH)
    sent(page, "Signal", "fix_landed", by="ci", refs=[REF], versions=["2.6.1"])
    is_("user_notice")
    sent(page, "Update", "approve_notice", audience="users", text="Soon.", planned=at, **why)
    is_("vendor_notice")
    sent(page, "Update", "approve_notice", audience="vendors", text="For you.", **why)
    is_("release")
    sent(page, "Update", "approve_release", text="Update.", artifacts_confirmed=True, **why)
    is_("released")
    page.get_by_text("User Metadata", exact=True).click()
    wait_on(page, lambda: "hold the retrospective" in everything(page), "what has to be done")
    pictured(page, tmp_path, "released")
    sent(page, "Update", "confirm", by="alice", what="retrospective")
    sent(page, "Update", "close", reason="complete", **why)
    is_("closed")

    acts = [act["what"] for act in office.json("show", case)["acts"]]
    assert acts == [
        "acknowledge",
        "score",
        "fix_landed",
        "approve_notice",
        "approve_notice",
        "approve_release",
        "confirm",
        "close",
    ]
    page.goto(f"{office.at['ui']}/namespaces/default/workflows/{case}")
    for label in ("close", "confirm", "retrospective", "next: open ends"):
        page.get_by_text(re.compile(label)).first.wait_for(state="attached")
    pictured(page, tmp_path, "closed")


def test_the_saved_views_list_the_right_cases(office: Machine, page: Page) -> None:
    """What is overdue, what is due within a week, and what somebody leads: by their links."""
    received = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="seconds")
    late = office.done("open", office.report(), "--received", received).out.strip()
    mine = office.open(title="A new one")
    office.done("ack", mine, "--lead", "bob")
    eventually(lambda: late in str(office.json("list", "--overdue")), True, "it to be overdue")
    now = datetime.now(UTC)
    overdue, soon, led = saved_views(office.at["ui"], "default", now, "bob")

    for view, there, not_there in ((overdue, late, mine), (soon, mine, late), (led, mine, late)):
        page.goto(view.link)
        wait_on(page, partial(_lists, page, there), f"{there} in {view.name}")
        assert not _lists(page, not_there)


def _lists(page: Page, case: str) -> bool:
    return case in everything(page)
