"""Take the pictures of the README anew: a case in the Web UI, light and dark.

    uv run python -m tests.e2e.screenshots FOLDER

It needs a stack that runs (`tacenda up`) and a case in it, which TACENDA_CASE names.
"""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tacenda.home import home_folder, recorded
from tests.e2e.browser import FLAGS, binary, everything, told_to_show_its_login, wait_on

SIZE = {"width": 1240, "height": 1150}


def main() -> None:
    """Take both pictures, and the current details as a third."""
    folder, case = Path(sys.argv[1]), os.environ["TACENDA_CASE"]
    stack = recorded(home_folder(os.environ))
    assert stack is not None, "no stack is up"
    page_of_case = f"{stack.ui}/namespaces/default/workflows/{case}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=binary(), args=[*FLAGS])
        for scheme in ("light", "dark"):
            link = subprocess.run(
                ["tacenda", "codec", "--link"],
                capture_output=True,
                text=True,
                check=True,
            )
            context = chromium.new_context(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(link.stdout.strip())
            endpoint = page.locator("#endpoint").inner_text()
            page.goto(page_of_case)
            told_to_show_its_login(page, endpoint)
            wait_on(page, lambda page=page: "vendor notice" in everything(page), "the labels")  # type: ignore[misc]
            page.get_by_role("heading", name="Timeline").scroll_into_view_if_needed()
            page.mouse.wheel(0, 500)
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"web-ui-timeline-{scheme}.png")
            page.get_by_text("User Metadata", exact=True).click()
            wait_on(page, lambda page=page: "have to do" in everything(page), "the details")  # type: ignore[misc]
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"web-ui-details-{scheme}.png")
        chromium.close()


if __name__ == "__main__":
    main()
