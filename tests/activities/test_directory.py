"""Who gets a letter, and who is asked to lead."""

from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.directory import Directory
from tacenda.errands import Addressees, Availability, Wanted
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.settings import Settings

SETTINGS = Settings.model_validate(
    {
        "team": {
            "address": "security@example.org",
            "escalate_to": ["oncall@example.org", "Security@example.org"],
            "members": [
                {
                    "name": "alice",
                    "email": "alice@example.org",
                    "absent": [{"from": "2026-12-20", "to": "2027-01-03"}],
                },
                {"name": "bob", "email": "bob@example.org"},
                {"name": "carol", "email": "carol@example.org"},
            ],
        },
        "lists": {
            "users": ["announce@example.org"],
            "release": ["announce@example.org", "oss-security@example.org"],
        },
        "vendors": [
            {"name": "Distro One", "email": "security@one.example", "embargo": "standing"},
            {"name": "Distro Two", "email": "security@two.example"},
        ],
    }
)
REPORTER = Recipient(name="Ada", address="ada@reporter.example", audience=Audience.REPORTER)
TOLD = (
    Recipient(name="announce", address="announce@example.org", audience=Audience.USERS),
    Recipient(name="Distro One", address="security@one.example", audience=Audience.VENDORS),
)


async def find(*audiences: Audience, **whom: object) -> list[tuple[str, str]]:
    """Return name and address of everybody in `audiences`."""
    found = await ActivityEnvironment().run(
        Directory(SETTINGS, nobody_is_busy).recipients,
        Addressees.model_validate({"audiences": audiences, **whom}),
    )
    return [(recipient.name, recipient.address) for recipient in found.recipients]


async def nobody_is_busy(name: str) -> int:
    """Count no cases for anybody."""
    return 0


async def propose(
    day: datetime, settings: Settings = SETTINGS, load: dict[str, int] | None = None
) -> str:
    """Return who is proposed on `day`, given how many cases each one leads."""

    async def count_open(name: str) -> int:
        return (load or {}).get(name, 0)

    directory = Directory(settings, count_open)
    return (await ActivityEnvironment().run(directory.propose_lead, Availability(now=day))).name


async def test_each_audience_has_its_mailboxes() -> None:
    """Every audience is found where the settings, or the case, keep it."""
    assert await find(Audience.REPORTER, reporter=REPORTER) == [("Ada", "ada@reporter.example")]
    assert await find(Audience.LEAD, lead="bob") == [("bob", "bob@example.org")]
    assert await find(Audience.FIX_TEAM, fix_team=("carol", "bob")) == [
        ("carol", "carol@example.org"),
        ("bob", "bob@example.org"),
    ]
    assert await find(Audience.TEAM) == [("security@example.org", "security@example.org")]
    assert await find(Audience.USERS) == [("announce@example.org", "announce@example.org")]
    assert [a for _, a in await find(Audience.RELEASE)] == [
        "announce@example.org",
        "oss-security@example.org",
    ]
    assert await find(Audience.TOLD, told=TOLD) == [(r.name, r.address) for r in TOLD]


async def test_only_vendors_under_embargo_are_told() -> None:
    """A vendor who decides case by case is not among the vendors who get detail."""
    assert await find(Audience.VENDORS) == [("Distro One", "security@one.example")]


async def test_told_vendors_are_the_vendors_among_those_told() -> None:
    """The final warning goes to no list, though the list was told of the fix."""
    assert await find(Audience.TOLD_VENDORS, told=TOLD) == [("Distro One", "security@one.example")]


async def test_a_case_without_a_known_lead_is_the_teams() -> None:
    """What is for the lead reaches the team when there is none, or the lead has left."""
    team = [("security@example.org", "security@example.org")]
    assert await find(Audience.LEAD) == team
    assert await find(Audience.LEAD, lead="somebody who left") == team


async def test_people_who_left_are_left_out_of_the_fix_team() -> None:
    """A name that the settings no longer know has no mailbox."""
    assert await find(Audience.FIX_TEAM, fix_team=("mallory", "bob")) == [
        ("bob", "bob@example.org")
    ]


async def test_a_report_without_a_reporter_has_nobody_to_answer() -> None:
    """There is no mailbox for a reporter whom nobody knows."""
    assert await find(Audience.REPORTER) == []


async def test_a_mailbox_in_two_audiences_gets_one_letter() -> None:
    """Addresses count once, however they are written, under the audience asked for first."""
    whom = Addressees(audiences=(Audience.TEAM, Audience.ESCALATION))
    found = await ActivityEnvironment().run(Directory(SETTINGS, nobody_is_busy).recipients, whom)
    assert [(r.address, r.audience) for r in found.recipients] == [
        ("security@example.org", Audience.TEAM),
        ("oncall@example.org", Audience.ESCALATION),
    ]


async def test_the_least_busy_member_is_proposed() -> None:
    """Fewest open cases first; among equals the order of the list decides."""
    day = datetime(2026, 11, 21, tzinfo=UTC)
    assert await propose(day) == "alice"
    assert await propose(day, load={"alice": 2, "bob": 1, "carol": 1}) == "bob"
    assert await propose(day, load={"alice": 2, "bob": 1}) == "carol"


async def test_nobody_is_proposed_while_away() -> None:
    """The first and the last day of an absence both count as absent."""
    busy = {"bob": 5, "carol": 6}
    assert await propose(datetime(2026, 12, 19, 23, 59, tzinfo=UTC), load=busy) == "alice"
    assert await propose(datetime(2026, 12, 20, tzinfo=UTC), load=busy) == "bob"
    assert await propose(datetime(2027, 1, 3, 23, 59, tzinfo=UTC), load=busy) == "bob"
    assert await propose(datetime(2027, 1, 4, tzinfo=UTC), load=busy) == "alice"


async def test_no_proposal_where_nobody_could_lead() -> None:
    """A team without members present gets no proposal, and no error."""
    day = datetime(2026, 12, 25, tzinfo=UTC)
    alone = SETTINGS.team.model_copy(update={"members": SETTINGS.team.members[:1]})
    nobody = SETTINGS.team.model_copy(update={"members": ()})
    assert await propose(day, SETTINGS.model_copy(update={"team": alone})) == ""
    assert await propose(day, SETTINGS.model_copy(update={"team": nobody})) == ""


async def test_a_vendor_keeps_the_prefix_it_asked_for() -> None:
    """What a vendor wants before every subject goes with its mailbox, and with no other."""
    vendor = {"name": "D", "email": "d@d.example", "embargo": "standing", "subject_prefix": "[vs]"}
    settings = Settings.model_validate({"team": {"address": "t@example.org"}, "vendors": [vendor]})
    found = await ActivityEnvironment().run(
        Directory(settings, nobody_is_busy).recipients,
        Addressees(audiences=(Audience.VENDORS, Audience.TEAM)),
    )

    assert [recipient.subject_prefix for recipient in found.recipients] == ["[vs]", ""]


ASKED = Recipient(name="Distro Two", address="security@two.example", audience=Audience.VENDORS)
ONE = Recipient(name="Distro One", address="security@one.example", audience=Audience.VENDORS)


async def test_detail_goes_to_no_vendor_on_one_word_alone() -> None:
    """Whom the case names is told only if the settings, too, have a vendor who may be told."""
    gone = ASKED.model_copy(update={"address": "gone@two.example"})
    everybody = (ONE, ASKED, gone)

    async def apart(*consented: Recipient) -> list[str]:
        found = await find(Audience.VENDORS, consented=consented, whom=everybody)
        return [address for _, address in found]

    async def warned(*consented: Recipient) -> list[str]:
        found = await find(Audience.TOLD_VENDORS, consented=consented, told=everybody)
        return [address for _, address in found]

    for look in (apart, warned):
        assert await look() == ["security@one.example"]
        assert await look(ASKED, gone) == ["security@one.example", "security@two.example"]


async def test_a_notice_to_all_goes_to_those_with_a_standing_consent() -> None:
    """Who has consented in the case gets it apart; who is kept back does not get it now."""
    assert await find(Audience.VENDORS, consented=(ASKED,)) == [
        ("Distro One", "security@one.example")
    ]
    assert await find(Audience.VENDORS, consented=(ASKED,), without=(ONE,)) == []


async def test_a_name_that_is_only_not_told_yet_is_known() -> None:
    """The lead is called about a name that nobody has, not about a vendor who is asked first."""
    whom = Addressees(
        audiences=(Audience.VENDORS,), consented=(), only=("Distro One", "Distro Two", "Nobody")
    )
    found = await ActivityEnvironment().run(Directory(SETTINGS, nobody_is_busy).recipients, whom)

    assert [r.name for r in found.recipients] == ["Distro One"]
    assert found.unknown == ("Nobody",)


async def test_whoever_is_asked_is_a_vendor_of_now() -> None:
    """At its address, or at its second one; and where nothing goes in plain only at the first."""
    vendors = [
        {"name": "A", "email": "a@a.example", "second": "b@a.example"},
        {"name": "C", "email": "c@c.example", "second": "d@c.example", "key_required": True},
    ]
    settings = Settings.model_validate({"team": {"address": "t@example.org"}, "vendors": vendors})
    directory = Directory(settings, nobody_is_busy)
    told = tuple(
        Recipient(name="X", address=f"{at}.example", audience=Audience.VENDORS)
        for at in ("a@a", "b@a", "c@c", "d@c", "e@e")
    )
    whom = Addressees(audiences=(Audience.ASKED_VENDORS,), told=told)
    found = await ActivityEnvironment().run(directory.recipients, whom)
    known = await ActivityEnvironment().run(directory.vendors, Wanted())

    assert [r.address for r in found.recipients] == ["a@a.example", "b@a.example", "c@c.example"]
    assert [(v.name, v.second, v.standing) for v in known.vendors] == [
        ("A", "b@a.example", False),
        ("C", "", False),
    ]
