"""Take the pictures of the README and of docs anew: the Web UI as it answers what people ask.

    uv run python -m tests.e2e.screenshots FOLDER

It needs a stack that runs (`tacenda up`) and cases in it, one of them overdue; TACENDA_CASE names
the one to show.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tacenda.home import home_folder, recorded
from tacenda.views import saved_views
from tests.e2e.browser import FLAGS, binary, everything, told_to_show_its_login, wait_on

OF_A_CASE = {"width": 1240, "height": 1150}
OF_DETAILS = {"width": 1240, "height": 1700}
OF_A_LIST = {"width": 1520, "height": 480}
SAYS_LITTLE = ("Run ID", "Type", "Start", "End")
SAYS_MUCH = ("DisclosureState", "SeverityBand", "Overdue", "NextLimit", "FixLead")


def main() -> None:
    """Take a picture of the timeline and the current details, both light and dark, and of lists."""
    folder, case = Path(sys.argv[1]), os.environ["TACENDA_CASE"]
    stack = recorded(home_folder(os.environ))
    assert stack is not None, "no stack is up"
    assert stack.ui, "no Web UI is up"
    overdue = saved_views(stack.ui, "default", datetime.now(UTC))[0].link
    space = f"{stack.ui}/namespaces/default"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=binary(), args=[*FLAGS])
        for scheme in ("light", "dark"):
            page = chromium.new_context(viewport=OF_A_CASE, color_scheme=scheme).new_page()  # type: ignore[arg-type]
            a_case(page, f"{space}/workflows/{case}", folder, scheme)
        page = chromium.new_context(viewport=OF_A_LIST).new_page()  # type: ignore[arg-type]
        a_list(page, overdue, folder)
        page.goto(f"{space}/workers")
        wait_on(page, lambda: "tacenda-" in everything(page), "the workers")
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / "web-ui-workers.png")
        chromium.close()


def a_case(page: Page, address: str, folder: Path, scheme: str) -> None:
    """Take a picture of the timeline of a case, and one of its current details."""
    link = ["tacenda", "codec", "--link"]
    page.goto(subprocess.run(link, capture_output=True, text=True, check=True).stdout.strip())
    endpoint = page.locator("#endpoint").inner_text()
    page.goto(address)
    told_to_show_its_login(page, endpoint)
    wait_on(page, lambda: "vendor notice" in everything(page), "the labels")
    page.get_by_role("heading", name="Timeline").scroll_into_view_if_needed()
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"web-ui-timeline-{scheme}.png")
    page.set_viewport_size(OF_DETAILS)  # type: ignore[arg-type]
    page.get_by_text("User Metadata", exact=True).click()
    wait_on(page, lambda: "have to do" in everything(page), "the details")
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"web-ui-details-{scheme}.png")


def a_list(page: Page, address: str, folder: Path) -> None:
    """Take a picture of what is overdue, with the columns that a team adds."""
    page.goto(address)
    page.get_by_label("Configure Columns").click()
    for name in SAYS_LITTLE:
        page.get_by_label(f"Remove {name} column").click()
    for name in SAYS_MUCH:
        page.get_by_label(f"Add {name} column").click()
    page.get_by_label("Close Workflows Table configuration").click()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "web-ui-overdue.png")


if __name__ == "__main__":
    main()
