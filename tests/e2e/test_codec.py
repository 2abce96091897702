"""The codec server with the real server, the real Web UI in a real browser, and the real CLI."""

import re
import shlex
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tacenda.home import Endpoints
from tacenda.local.reading import exports
from tests.e2e.browser import browser, everything, pictured, told_to_show_its_login, wait_on
from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import SCRIPTS, ended, free_port

TITLE = "The importer writes outside its folder"
REPORTER = "mira@example.org"


@pytest.fixture(scope="module")
def case(office: Machine) -> str:
    """A case whose reporter was answered."""
    case = office.open(title=TITLE, reporter=REPORTER)
    office.done("ack", case)
    eventually(lambda: office.kinds(REPORTER), ["receipt", "acknowledgement"], "the answer")
    return case


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser that nobody has used."""
    with browser() as page:
        yield page


def address_of(office: Machine, case: str) -> str:
    """Return the page of a case in the Web UI."""
    return f"{office.at['ui']}/namespaces/default/workflows/{case}"


def is_there(page: Page, text: str) -> bool:
    """Whether a page, or a frame in it, holds a text."""
    return text in everything(page)


def log_of(office: Machine) -> str:
    """Return the access log."""
    return (office.home / "logs" / "codec.log").read_text()


def test_the_web_ui_shows_a_case_to_whoever_logged_in(
    office: Machine, case: str, page: Page, tmp_path: Path
) -> None:
    """With the link and the steps on its page: input, labels of letters, and current details."""
    page.goto(office.done("codec", "--link").out.strip())
    expect(page.get_by_role("heading", name="You are logged in as")).to_be_visible()
    endpoint = page.locator("#endpoint").inner_text()
    pictured(page, tmp_path, "logged-in")
    page.get_by_role("link", name="Open the Web UI").click()
    page.wait_for_url(re.compile("/namespaces/default/workflows"))
    page.goto(address_of(office, case))
    told_to_show_its_login(page, endpoint)

    expect(page.get_by_text(TITLE).first).to_be_visible()
    expect(page.get_by_text(REPORTER).first).to_be_visible()
    expect(page.get_by_text(re.compile("receipt")).first).to_be_visible()
    pictured(page, tmp_path, "decoded")
    page.get_by_text("User Metadata", exact=True).click()
    wait_on(page, partial(is_there, page, "severity: not scored"), "the current details")
    pictured(page, tmp_path, "details")
    assert TITLE not in log_of(office)
    assert " decode payloads=" in log_of(office)


def test_the_web_ui_shows_only_ciphertext_to_anybody_else(
    office: Machine, case: str, page: Page, tmp_path: Path
) -> None:
    """Without a login neither the case nor a label is legible, also with the setting made."""
    page.goto(address_of(office, case))
    page.get_by_test_id("data-encoder-status-error").wait_for()
    wait_on(page, partial(is_there, page, case), case)
    texts = [page.content()]
    pictured(page, tmp_path, "stranger")
    told_to_show_its_login(page, office.at["codec"])
    page.get_by_test_id("data-encoder-status-error").wait_for()
    tabs = {"Event History": "Workflow Execution Started", "User Metadata": "No Current Details"}
    for tab, shown in tabs.items():
        page.get_by_text(tab).first.click()
        wait_on(page, partial(is_there, page, shown), shown)
        texts.append(everything(page))
    pictured(page, tmp_path, "stranger-details")

    for text in texts:
        assert case in text
        assert not any(word in text for word in (TITLE, REPORTER, "receipt"))
    assert "- decode refused payloads=0 status=401" in log_of(office)


def test_a_link_is_for_one_login(office: Machine, page: Page) -> None:
    """The second time it asks for a token; the token in the home logs in; and so does log out."""
    link = office.done("codec", "--link").out.strip()
    page.goto(link)
    page.get_by_role("button", name="Log out").click()
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("used already")
    page.get_by_label("Your token").fill((office.home / "codec" / "token").read_text().strip())
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="You are logged in as")).to_be_visible()


def test_the_temporal_command_shows_and_signals_a_case(office: Machine, case: str) -> None:
    """With the exported variables it reads the case, and what it sends arrives encrypted."""
    show = ("workflow", "show", "--workflow-id", case, "--detailed")
    shown, blind = office.temporal(*show), office.plainly(*show)
    sent = office.temporal(
        "workflow", "signal", "--workflow-id", case, "--name", "fix_landed",
        "--input", '{"refs": ["https://git.example.org/pull/9"], "by": "ci"}',
    )  # fmt: skip
    after = office.plainly(*show)

    assert (shown.code, blind.code, sent.code, after.code) == (0, 0, 0, 0)
    assert TITLE in shown.out
    assert TITLE not in blind.out
    assert "git.example.org" not in after.out
    steps = {step["name"]: step["status"] for step in office.json("show", case)["steps"]}
    assert steps["fix"] == "done"


def test_up_says_how_to_read_cases(machine: Machine) -> None:
    """It prints a link that logs in once, and a line that a shell can take; no token."""
    up = machine.popen(SCRIPTS / "tacenda", "up", "--no-worker")
    assert up.stdout
    lines: list[str] = []
    while not (lines and lines[-1].startswith("  export ")):
        line = up.stdout.readline().decode()
        assert line, lines
        lines.append(line)
    link = next(line.strip() for line in lines if "/login?once=" in line)
    where = urlsplit(link)
    with closing(HTTPConnection(where.netloc, timeout=30)) as connection:
        connection.request("GET", f"{where.path}?{where.query}")
        answer = connection.getresponse()
    said = ended(machine.popen("/bin/sh", "-c", f"{lines[-1]}\nenv"))
    up.send_signal(signal.SIGTERM)
    ended(up)
    token = (machine.home / "codec" / "token").read_text().strip()

    assert (answer.status, "HttpOnly" in (answer.getheader("set-cookie") or "")) == (303, True)
    assert f"TEMPORAL_CODEC_AUTH=Bearer {token}" in said.out
    assert token not in "".join(lines)
    assert token not in (machine.home / "logs" / "codec.log").read_text()


def test_a_codec_server_of_its_own(office: Machine, case: str, tmp_path: Path) -> None:
    """`tacenda codec` serves those with a token, until it is revoked, and ends with 0."""
    port = free_port()
    settings = tmp_path / "tacenda.toml"
    table = f'[codec]\nlisten = "127.0.0.1:{port}"\npeople = ["bob"]\ntokens = "readers"\n'
    settings.write_text(office.settings.read_text() + table)
    words = ("codec", "--config", str(settings))
    token = office.done(*words, "--new-token", "bob").out.strip()
    stranger = office.tacenda(*words, "--new-token", "alice")
    server = office.popen(SCRIPTS / "tacenda", *words)
    assert server.stderr
    told = server.stderr.readline().decode()
    shown = office.plainly(
        "workflow", "show", "--workflow-id", case, "--detailed",
        TEMPORAL_CODEC_ENDPOINT=f"http://127.0.0.1:{port}", TEMPORAL_CODEC_AUTH=f"Bearer {token}",
    )  # fmt: skip
    office.done(*words, "--revoke", "bob")
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/decode", headers={"Authorization": f"Bearer {token}"})
        status = connection.getresponse().status
    server.send_signal(signal.SIGTERM)
    said = ended(server)

    assert f"answers at http://127.0.0.1:{port}, for http://127.0.0.1:8233." in told
    assert TITLE in shown.out
    assert (status, said.code) == (401, 0)
    assert re.search(r"Z bob decode payloads=\d+ status=200\n", said.err)
    assert TITLE not in said.err
    assert stranger.code == 1
    assert "Nobody of that name may read cases." in stranger.complaint


def test_without_a_login_only_this_machine_is_served(office: Machine) -> None:
    """The unsafe mode says what it is; beyond the loopback interface it does not start."""
    refused = office.tacenda("codec", "--unsafe-no-login", "--listen", "0.0.0.0:0")
    server = office.popen(
        SCRIPTS / "tacenda", "codec", "--unsafe-no-login", "--listen", "127.0.0.1:0"
    )
    assert server.stderr
    told = [server.stderr.readline().decode() for _ in range(2)]
    server.send_signal(signal.SIGINT)
    said = ended(server)

    assert refused.code == 1
    assert "only for a loopback address" in refused.complaint
    assert told[0].startswith("UNSAFE: nobody logs in.")
    assert said.code == 0


@pytest.mark.parametrize("where", ["8081", ":1", "127.0.0.1:99999"])
def test_where_to_listen_is_checked(office: Machine, where: str) -> None:
    """Anything but HOST:PORT is bad usage."""
    assert "is not HOST:PORT" in office.tacenda("codec", "--listen", where).usage_error


def test_a_shell_takes_any_home(tmp_path: Path) -> None:
    """A home with a blank in its name is quoted in the line to export."""
    home = tmp_path / "my home"
    (home / "codec").mkdir(parents=True)
    (home / "codec" / "token").write_text("secret\n")
    at = Endpoints(temporal="t:1", ui="u", codec="http://c:2", mail="m", smtp="s", home=home)
    line = exports(home, at)

    assert shlex.split(line)[:3] == [
        "export",
        "TEMPORAL_ADDRESS=t:1",
        "TEMPORAL_CODEC_ENDPOINT=http://c:2",
    ]
    said = Machine(tmp_path).popen("/bin/sh", "-c", f'{line}; echo "$TEMPORAL_CODEC_AUTH"')
    assert ended(said).out == "Bearer secret\n"
