"""One settings file over a profile, the environment over the file, everything validated."""

import os
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from tacenda.beside import table_in
from tacenda.errors import BadInput
from tacenda.home import find_file
from tacenda.models import DAY
from tacenda.policy import Limits, Policy
from tacenda.settings import Settings, load

TEAM = '[team]\naddress = "security@example.org"\n'

SAMPLE = """
[policy]
profile = "kubernetes-2017"
[policy.limits]                 # override single values of the profile
release = "21d"
[policy.reminders]
before = ["PT6H"]               # before each limit
digest_every = "PT24H"          # after it, backing off, until it is met, extended or skipped
[policy.release]
grace = "PT1H"                  # later than this an approved release holds and asks
vendor_notice = "PT24H"         # the least that vendors get before it (7d in kubernetes-current)
approvals = 1                   # 2: by two different members
[team]
address = "security@example.org"
escalate_to = ["oncall@example.org"]
[[team.members]]
name = "alice"
email = "alice@example.org"
absent = [{ from = 2026-12-20, to = 2027-01-03 }]
[lists]
users = ["announce@example.org"]
release = ["announce@example.org", "oss-security@example.org"]
[[vendors]]
name = "Distro One"
email = "security@distro.example"
embargo = "standing"            # or "per-case"; max_embargo = "14d"; subject_prefix = "[vs]"
key = "keys/distro-one.asc"     # OpenPGP, optional
[mail]
host = "localhost"
port = 2525
security = "starttls"           # or "tls", or "none": only to a loopback address
sender = "Product Security <security@example.org>"
[calendar]
holidays = ["US", "DE"]
release_at = "16:00"            # UTC
release_days = ["mon", "tue", "wed", "thu"]
"""
"""The sample of the design, as printed."""

Load = Callable[[str], Settings]


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load settings from a text, in an environment that says nothing."""
    for name in [name for name in os.environ if name.startswith("TACENDA_")]:
        monkeypatch.delenv(name)

    def load_it(text: str) -> Settings:
        path = tmp_path / "tacenda.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return load_it


def test_the_sample_of_the_design_loads(load_text: Load) -> None:
    """The file that the documentation prints is read as it stands."""
    settings = load_text(SAMPLE)

    assert settings.policy == Policy()
    assert settings.team.escalate_to == ("oncall@example.org",)
    assert settings.team.members[0].is_away(date(2026, 12, 20))
    assert settings.team.members[0].is_away(date(2027, 1, 3))
    assert not settings.team.members[0].is_away(date(2027, 1, 4))
    assert settings.lists.release == ("announce@example.org", "oss-security@example.org")
    assert settings.vendors[0].embargo == "standing"
    assert (settings.mail.port, settings.mail.security) == (2525, "starttls")
    assert settings.sender() == "Product Security <security@example.org>"
    assert settings.calendar.release_at == time(16)


def test_a_file_overrides_single_values_of_the_profile(load_text: Load) -> None:
    """What the file leaves out is as the profile says; both spellings of durations work."""
    settings = load_text(TEAM + '[policy.limits]\nrelease = "14d"\nfix = "PT36H"\n')

    assert settings.policy.limits == Limits(release=14 * DAY, fix=timedelta(hours=36))
    assert settings.policy.release == Policy().release


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "team: is missing"),
        ("polcy = 1\n" + TEAM, "polcy: is not a known key"),
        (TEAM + "adress = 1\n", "team.adress: is not a known key"),
        (TEAM + "[policy.limits]\nreleas = '21d'\n", "policy.limits.releas: is not a known key"),
        (TEAM + "[policy.release]\ngracce = 'PT1H'\n", "policy.release.gracce: is not a known key"),
        (TEAM + "[policy.limits]\nfix = '-1d'\n", "policy.limits.fix"),
        (TEAM + "[policy]\nprofile = 'kubernetes-1999'\n", "policy: .*kubernetes-2017"),
        (TEAM + "[policy]\nprofile = ['kubernetes-2017']\n", "policy"),
        (TEAM + "[policy.calendar]\n", r"policy: .*\[calendar\]"),
        ("policy = 7\n" + TEAM, "policy"),
        ("mail = 7\n" + TEAM, "mail"),
        ("mail = 'localhost'\n" + TEAM, "mail: "),
        ("_env_prefix = 'X_'\n" + TEAM, "_env_prefix: is not a known key"),
        ("_cli_parse_args = true\n" + TEAM, "_cli_parse_args: is not a known key"),
        (TEAM + "[[vendors]]\nname = 'A'\nemail = 'nobody'\n", "vendors.0.email"),
        (TEAM + "[[vendors]]\nname = 'A'\nemail = 'a@a.org'\nembargo = 'no'\n", "embargo"),
        (TEAM + "[mail]\nport = 0\n", "mail.port"),
        (TEAM + "[mail]\nsender = 'nobody'\n", "mail.sender"),
        (TEAM + "[mail]\nsender = '=?utf-8?q?hi=0ABcc:_x?= <a@example.org>'\n", "mail.sender"),
        (TEAM + "[calendar]\nrelease_days = ['montag']\n", "calendar.release_days.0"),
        (TEAM + "[calendar]\nrelease_at = '16:00+02:00'\n", "calendar.release_at"),
        ("[team]\naddress = 'a@example.org\\nBcc: b@example.org'\n", "team.address"),
        (TEAM + "[[team.members]]\nname='a'\nemail='a@a.org'\n" * 2, "same name"),
        (TEAM + "[[vendors]]\nname='A'\nemail='a@a.org'\nsecond='A@a.org'\n", "another one"),
        (
            TEAM + "[[vendors]]\nname='A'\nemail='a@a.org'\n[[vendors]]\nname='a'\nemail='b@b.org'",
            "vendors: two vendors have the same name",
        ),
        (
            TEAM + "[[vendors]]\nname='A'\nemail='a@a.org'\n[[vendors]]\nname='B'\nemail='A@a.org'",
            "vendors: two vendors have the same email",
        ),
        ("[team", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(load_text: Load, text: str, said: str) -> None:
    """A mistake is named by its key, in one printable sentence, and nothing is guessed."""
    with pytest.raises(BadInput, match=said) as refused:
        load_text(text)

    assert str(refused.value).isprintable()


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and a file that is not there, are one sentence each."""
    path = tmp_path / "tacenda.toml"
    path.write_bytes(b"\xff\xfe")

    for wrong in (path, tmp_path / "none.toml"):
        with pytest.raises(BadInput, match="cannot be read"):
            load(wrong)


def test_an_absence_that_ends_before_it_begins_is_refused(load_text: Load) -> None:
    """Two dates the wrong way round would silently be no absence at all."""
    absent = "absent = [{ from = 2027-01-03, to = 2026-12-20 }]\n"

    with pytest.raises(BadInput, match="absent"):
        load_text(TEAM + "[[team.members]]\nname = 'a'\nemail = 'a@example.org'\n" + absent)


@pytest.mark.parametrize("key", ["password", "passwort", "passphrase", "signing_passphrase"])
def test_a_password_in_the_file_is_refused_and_not_repeated(load_text: Load, key: str) -> None:
    """A secret never stands in the file, and the sentence that says so does not show it."""
    with pytest.raises(BadInput) as refused:
        load_text(TEAM + f"[mail]\n{key} = 'canary-secret'\n")

    assert "canary" not in str(refused.value)


def test_a_password_comes_from_the_environment(
    load_text: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment supplies the password, and no representation shows it."""
    monkeypatch.setenv("TACENDA_MAIL__PASSWORD", "canary-secret")
    settings = load_text(TEAM)

    assert settings.mail.secret() == "canary-secret"
    assert "canary" not in repr(settings) + str(settings.model_dump())


def test_a_password_comes_from_a_file_beside_the_settings(load_text: Load, tmp_path: Path) -> None:
    """The file that is named is looked for beside the settings, and read without its newline."""
    (tmp_path / "secret").write_text("canary-secret\n", encoding="utf-8")

    assert load_text(TEAM + "[mail]\npassword_file = 'secret'\n").mail.secret() == "canary-secret"


def test_a_password_file_that_is_missing_is_one_sentence(load_text: Load) -> None:
    """A password file that cannot be read is bad input, not a traceback."""
    with pytest.raises(BadInput, match="password_file"):
        load_text(TEAM + "[mail]\npassword_file = 'nowhere'\n").mail.secret()


@pytest.mark.parametrize(
    "host",
    ["mail.example.org", "127.0.0.1.example.org", "localhost.example.org", "0.0.0.0", "10.0.0.1"],
)
def test_plain_mail_to_another_machine_is_refused(load_text: Load, host: str) -> None:
    """Without encryption mail goes to a loopback address only."""
    with pytest.raises(BadInput, match="loopback"):
        load_text(TEAM + f"[mail]\nhost = '{host}'\nsecurity = 'none'\n")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_mail_to_this_machine_is_fine(load_text: Load, host: str) -> None:
    """A mail server on this machine needs no encryption."""
    assert load_text(TEAM + f"[mail]\nhost = '{host}'\nsecurity = 'none'\n").mail.host == host


def test_the_environment_wins_over_single_nested_values(
    load_text: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nested value of the environment replaces its own key and no other."""
    monkeypatch.setenv("TACENDA_MAIL__HOST", "mail.example.org")
    monkeypatch.setenv("TACENDA_POLICY__LIMITS__RELEASE", "10d")
    monkeypatch.setenv("TACENDA_POLICY__RELEASE__APPROVALS", "2")
    monkeypatch.setenv("TACENDA_CALENDAR__HOLIDAYS", '["DE"]')
    settings = load_text(SAMPLE)

    assert (settings.mail.host, settings.mail.port) == ("mail.example.org", 2525)
    assert settings.policy.limits == Limits(release=10 * DAY)
    assert settings.policy.release.approvals == 2
    assert settings.calendar.holidays == ("DE",)


def test_the_environment_can_not_make_mail_plain(
    load_text: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file and the environment say together is checked together."""
    monkeypatch.setenv("TACENDA_MAIL__HOST", "mail.example.org")

    with pytest.raises(BadInput, match="loopback"):
        load_text(TEAM + "[mail]\nsecurity = 'none'\n")


def test_other_variables_of_ours_are_no_settings(
    load_text: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TACENDA_HOME, TACENDA_CONFIG and TACENDA_ACTOR are not unknown keys."""
    for name in ("TACENDA_HOME", "TACENDA_CONFIG", "TACENDA_ACTOR"):
        monkeypatch.setenv(name, "x")

    assert load_text(TEAM)


def test_a_variable_that_cannot_be_read_is_one_sentence(
    load_text: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is no JSON where a list is due is refused by name, without a traceback."""
    monkeypatch.setenv("TACENDA_VENDORS", "canary")

    with pytest.raises(BadInput, match=r"(?i)vendors") as refused:
        load_text(TEAM)

    assert "canary" not in str(refused.value)


def test_holidays_of_countries_become_dates(load_text: Load) -> None:
    """The policy that a case takes along holds plain dates, also over the end of the year."""
    policy = load_text(SAMPLE).policy_from(2026)
    days = policy.calendar.holidays

    assert {date(2026, 7, 3), date(2026, 10, 3), date(2026, 11, 26)} <= set(days)
    assert {date(2026, 12, 25), date(2027, 1, 1), date(2027, 12, 25)} <= set(days)
    assert list(days) == sorted(set(days))
    assert policy.limits == Limits()


@pytest.mark.parametrize("country", ["Atlantis", "US-XX", "-"])
def test_an_unknown_country_is_refused(load_text: Load, country: str) -> None:
    """A country or subdivision that the data does not know is named, with an example."""
    settings = load_text(TEAM + f"[calendar]\nholidays = ['{country}']\n")

    with pytest.raises(BadInput, match=f"holidays: {country} "):
        settings.policy_from(2026)


def test_the_file_is_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given by option, by TACENDA_CONFIG, in the working directory, then in the XDG one."""
    monkeypatch.chdir(tmp_path)
    by_xdg = tmp_path / "xdg" / "tacenda" / "tacenda.toml"
    by_xdg.parent.mkdir(parents=True)
    given, by_environment, here = Path("given.toml"), Path("other.toml"), Path("tacenda.toml")
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}

    assert find_file(None, environ) is None
    by_xdg.touch()
    assert find_file(None, environ) == by_xdg
    here.touch()
    assert find_file(None, environ) == here
    by_environment.touch()
    assert find_file(None, {**environ, "TACENDA_CONFIG": "other.toml"}) == by_environment
    given.touch()
    assert find_file("given.toml", {**environ, "TACENDA_CONFIG": "other.toml"}) == given


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A settings file that was asked for by name is never replaced by another."""
    with pytest.raises(BadInput, match="--config"):
        find_file(str(tmp_path / "missing.toml"), {})


def test_a_passphrase_comes_from_the_environment_or_a_file(
    load_text: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What unlocks the signing key is kept as the password is, and shown nowhere."""
    monkeypatch.setenv("TACENDA_MAIL__SIGNING_PASSPHRASE", "canary-secret")
    settings = load_text(TEAM)
    assert settings.mail.passphrase() == "canary-secret"
    assert "canary" not in repr(settings) + str(settings.model_dump())

    (tmp_path / "words").write_text("canary-words\n", encoding="utf-8")
    file = TEAM + "[mail]\nsigning_passphrase_file = 'words'\n"
    assert load_text(file).mail.passphrase() == "canary-words"


def test_a_passphrase_in_the_file_is_refused_with_the_way_out(load_text: Load) -> None:
    """The sentence names the variable, and the key for a file."""
    with pytest.raises(BadInput, match=r"TACENDA_MAIL__SIGNING_PASSPHRASE.*_passphrase_file"):
        load_text(TEAM + "[mail]\nsigning_passphrase = 'canary-secret'\n")


def test_key_files_lie_beside_the_settings(load_text: Load, tmp_path: Path) -> None:
    """Relative paths of keys are taken from the folder of the settings file, absolute ones stay."""
    settings = load_text(
        TEAM
        + "key = 'keys/team.asc'\n"
        + "[[team.members]]\nname = 'a'\nemail = 'a@example.org'\nkey = '/keys/a.asc'\n"
        + "[[vendors]]\nname = 'V'\nemail = 'v@example.org'\nkey = 'v.asc'\nkey_required = true\n"
        + "[mail]\nsigning_key = 'keys/ours.asc'\n"
    )

    assert settings.team.key == tmp_path / "keys" / "team.asc"
    assert settings.team.members[0].key == Path("/keys/a.asc")
    assert settings.vendors[0].key == tmp_path / "v.asc"
    assert settings.vendors[0].key_required
    assert settings.mail.signing_key == tmp_path / "keys" / "ours.asc"


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("", ""),
        ("sent/letters.db", "FOLDER/sent/letters.db"),
        ("/srv/letters.db", "/srv/letters.db"),
        ("postgresql://tacenda@db.example.org/t", "postgresql://tacenda@db.example.org/t"),
    ],
)
def test_a_ledger_lies_beside_the_settings(
    named: str, found: str, load_text: Load, tmp_path: Path
) -> None:
    """A relative path is taken from the folder of the settings, a database as it is."""
    mail = load_text(TEAM + f"[mail]\nledger = '{named}'\n").mail
    assert mail.ledger == found.replace("FOLDER", str(tmp_path))


@pytest.mark.parametrize(
    "named", ["mysql://db.example.org/t", "postgresql://tacenda:canary-secret@db.example.org/t"]
)
def test_what_is_no_ledger_is_refused(named: str, load_text: Load) -> None:
    """Another database is refused, and so is a password in the address, without quoting it."""
    with pytest.raises(BadInput, match="mail") as caught:
        load_text(TEAM + f"[mail]\nledger = '{named}'\n")
    assert "canary-secret" not in str(caught.value)


def test_a_settings_file_is_read_once_while_it_stays_as_it_is(tmp_path: Path) -> None:
    """A command needs it for the keys and for the vendors; once it is changed it is read anew."""
    file = tmp_path / "tacenda.toml"
    text = '[team]\naddress = "{}@example.org"\n'
    file.write_text(text.format("first"))
    assert load(file).team.address == "first@example.org"
    assert table_in(file) is table_in(file)

    file.write_text(text.format("second"))
    assert load(file).team.address == "second@example.org"


def test_vendors_are_reminded_before_their_silence_is_recorded(load_text: Load) -> None:
    """Reminders that could never leave are a mistake; none at all is a choice."""
    with pytest.raises(BadInput, match=r"policy: vendors\.answer_within is over before the first"):
        load_text(f'{TEAM}[policy.vendors]\nanswer_within = "1d"\n')

    for rules in ("remind_after = []", 'remind_after = ["PT12H", "4d"]'):
        settings = load_text(f'{TEAM}[policy.vendors]\nanswer_within = "1d"\n{rules}\n')
        assert settings.policy.vendors.answer_within == DAY
