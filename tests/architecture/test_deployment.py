"""The images and the compose file: all parts, nothing open, nothing secret, nothing unpinned."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tacenda.attributes import SEARCH_ATTRIBUTES
from tacenda.home import ledger_place
from tacenda.local.catch import catch
from tacenda.tables import Mail

ROOT = Path(__file__).parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def split(text: str, heading: str) -> dict[str, str]:
    """Return the parts of a text by the names in their headings."""
    _, *parts = re.split(heading, text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


SERVICES = split(split(COMPOSE, r"^(\w+):\n")["services"], r"^  (\w+):\n")
STAGES = split(DOCKERFILE, r"^FROM \S+ AS (\S+)\n")
OURS = {name: text for name, text in SERVICES.items() if " build:" in text}


def entry_of(stage: str) -> list[str]:
    """Return what an image starts."""
    (words,) = re.findall(r"^ENTRYPOINT (\[.*?\])$", STAGES[stage], flags=re.M | re.S)
    started: list[str] = json.loads(words.replace("\\\n", ""))
    return started


def test_the_images_are_built_with_the_backend_of_the_project() -> None:
    """The build backend that the images are locked to is inside the bounds of the project."""
    versions = dict(re.findall(r"^([a-z0-9.-]+)==(\S+) ", DOCKERFILE, flags=re.MULTILINE))

    for line in PROJECT["build-system"]["requires"]:
        requirement = Requirement(line)
        assert versions[requirement.name] in requirement.specifier


def test_the_images_have_a_python_that_guards_headers() -> None:
    """Before 3.11.10 a title could inject a header into a letter (CVE-2024-6923)."""
    (version,) = re.findall(r"^FROM python:([\d.]+)-slim", DOCKERFILE, flags=re.MULTILINE)

    assert tuple(map(int, version.split("."))) >= (3, 11, 10)


def test_a_build_without_a_target_makes_the_worker() -> None:
    """The worker's stage is the last one, and what it installs is the worker's lock alone."""
    assert list(STAGES)[-1] == "worker"
    assert "--from=packages" in STAGES["worker"]
    assert "catcher" not in STAGES["worker"] + STAGES["packages"]


@pytest.mark.parametrize("stage", ["worker", "catcher", "codec"])
def test_an_image_runs_as_nobody_much_and_says_how_it_is(stage: str) -> None:
    """Each image of ours has a user by number, who is not root, and a health check."""
    assert re.findall(r"^USER (.*)$", STAGES[stage], flags=re.M) == ["10001:10001"]
    assert "\nHEALTHCHECK " in STAGES[stage]


def test_what_an_image_is_built_from_reaches_the_build() -> None:
    """Each lock is on the allow-list of the build's context."""
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    for lock in re.findall(r"-r (requirements\S*)", DOCKERFILE):
        assert f"!{lock}" in allowed


def test_the_compose_file_has_all_parts() -> None:
    """All that a case needs is there, from the database to whoever catches its letters."""
    assert list(SERVICES) == [
        "postgresql",
        "schema",
        "temporal",
        "namespace",
        "ui",
        "worker",
        "codec",
        "catcher",
    ]


def test_the_namespace_keeps_cases_and_knows_every_search_attribute() -> None:
    """The one-shot service keeps closed cases 90 days and registers what the contract writes."""
    registered = set(re.findall(r"--name (\w+) --type (\w+)", SERVICES["namespace"]))

    assert "--retention 90d" in SERVICES["namespace"]
    assert registered == {
        (key.name, key.indexed_value_type.name.title().replace("_", ""))
        for key in SEARCH_ATTRIBUTES
    }


def test_the_compose_file_publishes_on_this_machine_alone() -> None:
    """Nothing on another machine reaches a port that asks nobody who they are."""
    lists = re.findall(r"^ +ports:\n((?: +(?:- |#).*\n)+)", COMPOSE, flags=re.MULTILINE)
    lines = [line.strip() for block in lists for line in block.splitlines()]
    ports = [line for line in lines if not line.startswith("#")]

    assert len(lists) == COMPOSE.count(" ports:") > 0
    assert all(port.startswith("- 127.0.0.1:") for port in ports)
    assert not re.search(r"network_mode: [\"']?host", COMPOSE)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_pinned_or_built_here(service: str) -> None:
    """Each service has an image with a full version, or a target that the Dockerfile has."""
    images = re.findall(r"^    image: \S+:(\S+)$", SERVICES[service], flags=re.MULTILINE)
    targets = re.findall(r"^      target: (\w+)$", SERVICES[service], flags=re.MULTILINE)

    assert len(images) + len(targets) == 1
    assert all(re.match(r"\d+\.\d+", version) for version in images)
    assert set(targets) <= STAGES.keys()


def test_the_tools_have_the_version_of_their_server() -> None:
    """What prepares the database and the namespace is of the same release as the server."""
    versions = re.findall(r"image: temporalio/(?:server|admin-tools):(\S+)", COMPOSE)

    assert len(versions) == 3
    assert len(set(versions)) == 1


def test_the_compose_file_holds_no_secret() -> None:
    """A password comes from outside, and without one nothing starts."""
    named = re.findall(r"^ +(\w*(?:PASS|PWD|SECRET|TOKEN|KEY)\w*):(.*)$", COMPOSE, re.MULTILINE)
    values = {name: value.strip() for name, value in named}

    assert values.pop("POSTGRES_PASSWORD").startswith("&password ${POSTGRES_PASSWORD:?")
    assert values.pop("TACENDA_KEYS__STORE", "/").startswith("/")
    assert set(values.values()) == {"*password", ""}


@pytest.mark.parametrize("service", OURS)
def test_a_service_of_ours_may_do_little(service: str) -> None:
    """Read-only but for its volume and /tmp, without capabilities, without a way to more."""
    assert {
        "    read_only: true",
        "    tmpfs:",
        "      - /tmp",
        "    cap_drop: [ALL]",
        "      - no-new-privileges:true",
    } <= set(SERVICES[service].splitlines())


def test_letters_are_caught_only_where_somebody_asked_for_it() -> None:
    """The catcher is the one service in a profile: a deployment without it can lose no letter."""
    assert [name for name, text in SERVICES.items() if " profiles:" in text] == ["catcher"]
    assert "    profiles: [catcher]\n" in SERVICES["catcher"]


def test_the_web_ui_shows_its_login_to_the_codec_server() -> None:
    """It asks where the codec server is published, with the cookie; the latter lets it."""
    (asked,) = re.findall(r"TEMPORAL_CODEC_ENDPOINT: &codec (\S+)$", SERVICES["ui"], flags=re.M)
    (ui,) = re.findall(r"^      - (127\.0\.0\.1:\d+):8080$", SERVICES["ui"], flags=re.M)
    (allowed,) = re.findall(r"TACENDA_CODEC__UI: '(.*)'$", SERVICES["codec"], flags=re.M)
    (published,) = re.findall(r"^      - (127\.0\.0\.1:\d+):8081$", SERVICES["codec"], flags=re.M)

    assert 'TEMPORAL_CODEC_INCLUDE_CREDENTIALS: "true"' in SERVICES["ui"]
    assert "TACENDA_CODEC__ADDRESS: *codec\n" in SERVICES["codec"]
    assert asked == f"http://{published}"
    assert json.loads(allowed) == [f"http://{ui}"]
    assert entry_of("codec") == ["tacenda", "codec"]
    assert '\nCMD ["--listen", "0.0.0.0:8081"]\n' in STAGES["codec"]


def test_the_catcher_is_loopback_to_the_worker_and_to_nobody_else() -> None:
    """Its SMTP is on the loopback it shares with the worker, its page is where that publishes."""
    given = catch.make_context("catch", entry_of("catcher")[3:]).params

    assert entry_of("catcher")[:3] == ["python", "-m", "tacenda.local.catch"]
    assert "    network_mode: service:worker\n" in SERVICES["catcher"]
    assert " ports:" not in SERVICES["catcher"]
    assert given["smtp"][0] == "127.0.0.1"
    assert given["page"][0] == "0.0.0.0"
    assert f"- 127.0.0.1:8025:{given['page'][1]}\n" in SERVICES["worker"]
    assert given["leave_with_network"] is True


def test_caught_letters_outlive_the_container() -> None:
    """They lie in a volume, in a folder that the image's user owns."""
    (mount,) = re.findall(r"^      - letters:(\S+)$", SERVICES["catcher"], flags=re.MULTILINE)
    given = catch.make_context("catch", entry_of("catcher")[3:]).params

    assert given["mail"].parent == Path(mount)
    assert re.search(rf"--owner=tacenda .* {mount}$", STAGES["account"], flags=re.MULTILINE)


def test_the_send_ledger_outlives_the_container() -> None:
    """It lies in the volume of the worker, who else would tell people a second time."""
    (home,) = re.findall(r"TACENDA_HOME=(\S+)$", STAGES["worker"], flags=re.MULTILINE)

    assert ledger_place(Mail().ledger, Path(home)).is_relative_to(home)
    assert f"      - worker:{home}\n" in SERVICES["worker"]
    assert re.search(rf"--owner=tacenda .* {home}$", STAGES["account"], flags=re.MULTILINE)


def test_what_is_documented_for_mail_reaches_the_catcher() -> None:
    """The [mail] of the documentation is valid, and is where the catcher listens."""
    (table,) = re.findall(r"```toml\n(\[mail\]\n.*?)```", RUNNING, flags=re.DOTALL)
    mail = Mail(**tomllib.loads(table)["mail"])
    given = catch.make_context("catch", entry_of("catcher")[3:]).params

    assert (mail.host, mail.port, mail.security) == ("localhost", given["smtp"][1], "none")
