"""The home: where it is, what it keeps, and the ports and the worker of its stack."""

import os
from pathlib import Path

import pytest

from tacenda.errors import BadInput, Refused, Unavailable
from tacenda.home import (
    STARTER,
    Pids,
    Record,
    home_folder,
    record_in,
    recorded,
    settings_file,
    write_record,
    write_starter,
)
from tacenda.local import ports, worker_process
from tacenda.local.lock import locked
from tacenda.local.ports import Ports
from tacenda.settings import Settings, load


def record_for(home: Path) -> Record:
    return Record(
        temporal="127.0.0.1:21001",
        ui="http://127.0.0.1:21002",
        mail="http://127.0.0.1:21003",
        smtp="127.0.0.1:21004",
        http="127.0.0.1:21005",
        metrics="127.0.0.1:21006",
        home=home,
        pids=Pids(stack=1),
    )


def told(environ: dict[str, str], catcher_port: int | None) -> dict[str, str]:
    return worker_process.environment(
        environ,
        Path("/app/worker.py"),
        home=Path("/home"),
        settings_file=Path("/etc/tacenda.toml"),
        temporal="127.0.0.1:1234",
        catcher_port=catcher_port,
    )


def test_the_home_is_named_or_follows_xdg(tmp_path: Path) -> None:
    """TACENDA_HOME wins over the XDG state folder; a new home is for its owner alone."""
    named = home_folder({"TACENDA_HOME": str(tmp_path / "a"), "XDG_STATE_HOME": str(tmp_path)})

    assert named == tmp_path / "a"
    assert named.stat().st_mode & 0o777 == 0o700
    assert home_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "tacenda"


def test_a_home_that_cannot_be_is_bad_input(tmp_path: Path) -> None:
    """A file in the place of the home is said in a sentence."""
    (tmp_path / "file").touch()

    with pytest.raises(BadInput, match="TACENDA_HOME"):
        home_folder({"TACENDA_HOME": str(tmp_path / "file" / "home")})


def test_the_record_comes_back(tmp_path: Path) -> None:
    """What was written is read again, readable by its owner alone, with the home it lies in."""
    write_record(record_for(tmp_path))
    endpoints = recorded(tmp_path)

    assert record_in(tmp_path) == record_for(tmp_path)
    assert endpoints == record_for(tmp_path).endpoints()
    assert type(endpoints).__name__ == "Endpoints"
    assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"temporal": "x"}', "\xff"])
def test_an_illegible_record_is_none(tmp_path: Path, content: str) -> None:
    """A record that cannot be read counts as none at all."""
    (tmp_path / "stack.json").write_text(content, encoding="latin-1")

    assert recorded(tmp_path) is None


def test_the_settings_of_the_home_are_found_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file in the home serves where no other is found."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    environ = {"TACENDA_HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert settings_file(None, environ) is None
    assert not home.exists()

    home.mkdir()
    assert settings_file(None, environ) is None
    written = write_starter(home)
    assert settings_file(None, environ) == written

    (tmp_path / "tacenda.toml").touch()
    assert settings_file(None, environ) == Path("tacenda.toml")


def test_the_starter_is_a_valid_sample(tmp_path: Path) -> None:
    """The file to start from loads, names two members and two vendors, and stays as edited."""
    settings = load(write_starter(tmp_path))
    (tmp_path / "tacenda.toml").write_text("# mine")

    assert [member.name for member in settings.team.members] == ["alice", "bob"]
    assert [vendor.embargo for vendor in settings.vendors] == ["standing", "standing"]
    assert settings.lists.users
    assert settings.lists.release
    assert write_starter(tmp_path).read_text() == "# mine"


def test_what_the_starter_leaves_out_is_right_too(tmp_path: Path) -> None:
    """Uncommented, the samples of the starter load as well."""
    lines = STARTER.read_text().splitlines()
    sample = [line.removeprefix("# ") if "=" in line or "# [" in line else line for line in lines]
    path = tmp_path / "tacenda.toml"
    path.write_text("\n".join(line for line in sample if "(" not in line))

    assert isinstance(load(path), Settings)
    assert load(path).mail.host == "mail.example.org"


def test_a_home_has_one_holder(tmp_path: Path) -> None:
    """A held home names its holder, and is free when that one lets go."""
    with locked(tmp_path), pytest.raises(Refused, match=f"process {os.getpid()}"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_ports_are_kept(tmp_path: Path) -> None:
    """The ports of before are used again, unless others are asked for."""
    before = ports.choose({}, None)
    again = ports.choose({"ui": before.temporal}, before)

    assert ports.choose({}, before) == before
    assert len(set(dict(before).values())) == len(Ports.model_fields)
    assert again.ui == before.temporal != again.temporal
    assert again.smtp == before.smtp


def test_a_taken_port_is_refused_or_replaced() -> None:
    """A port that somebody knows is refused when taken; one that nobody knows is replaced."""
    with ports.listen(0) as other:
        taken = other.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {taken} .*--smtp-port"):
            ports.choose({"smtp": taken}, None)
        before = ports.choose({}, None).model_copy(update={"metrics": taken})
        assert ports.choose({}, before).metrics != taken


def test_two_parts_do_not_share_a_port() -> None:
    """The same port asked for twice is a mistake."""
    with pytest.raises(BadInput, match="same port"):
        ports.choose({"smtp": 2525, "mail": 2525}, None)


def test_the_worker_of_a_checkout_wins(tmp_path: Path) -> None:
    """The script beside the package wins in a checkout alone; installed, it is a stranger's."""
    package = tmp_path / "tacenda"
    carried = package / "application" / "worker.py"
    carried.parent.mkdir(parents=True)
    with pytest.raises(Unavailable, match=r"worker\.py"):
        worker_process.find_script(package)

    carried.touch()
    (tmp_path / "worker.py").touch()
    assert worker_process.find_script(package) == carried

    (tmp_path / "pyproject.toml").touch()
    assert worker_process.find_script(package) == tmp_path / "worker.py"


def test_letters_are_caught_and_nobody_logs_in() -> None:
    """With a catcher the worker is sent there; without one the mail settings stand."""
    environ = {"TACENDA_MAIL__USERNAME": "u", "TEMPORAL_PROFILE": "prod", "PATH": "/bin"}
    caught, sent = told(environ, 2525), told(environ, None)

    assert (caught["TACENDA_MAIL__HOST"], caught["TACENDA_MAIL__PORT"]) == ("127.0.0.1", "2525")
    assert (caught["TACENDA_MAIL__SECURITY"], caught["TACENDA_MAIL__USERNAME"]) == ("none", "")
    assert sent["TACENDA_MAIL__USERNAME"] == "u"
    assert "TACENDA_MAIL__HOST" not in sent
    assert "TEMPORAL_PROFILE" not in caught
    assert caught["TEMPORAL_CONFIG_FILE"] == os.devnull
    assert caught["PYTHONPATH"] == "/app"


@pytest.mark.parametrize(
    ("content", "environ", "named"),
    [
        ("", {}, False),
        ('[mail]\nsender = "a@example.org"', {}, False),
        ('[mail]\nhost = "mail.example.org"', {}, True),
        ("", {"TACENDA_MAIL__HOST": "mail.example.org"}, True),
        ("", {"tacenda_mail__port": "25"}, True),
        ("", {"TACENDA_MAIL__SENDER": "a@example.org"}, False),
    ],
)
def test_a_relay_that_is_named_is_used(
    tmp_path: Path, content: str, environ: dict[str, str], named: bool
) -> None:
    """The catcher gets the letters unless the settings say where they leave."""
    path = tmp_path / "tacenda.toml"
    path.write_text(content)

    assert worker_process.names_a_relay(path, environ) is named


def test_a_stack_of_before_the_codec_server_keeps_its_ports(tmp_path: Path) -> None:
    """Its record tells of no port for it: that one is chosen, the others stay."""
    told = ports.ports_of(record_for(tmp_path))
    before = ports.choose({}, None).model_copy(update={"codec": 0})
    chosen = ports.choose({}, before)

    assert told is not None
    assert told.codec == 0
    assert chosen.codec in ports.FRESH
    assert chosen.model_copy(update={"codec": 0}) == before
