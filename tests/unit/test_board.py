"""What the Web UI shows of a case: where it stands, and nothing of what it is about."""

import pytest

from tacenda.board import details_of, status_of
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.fields import moment
from tacenda.models import Audience, CloseReason, Deed, Step
from tests.builders import (
    HIGH,
    LOW,
    RECEIVED,
    a_case,
    acknowledge,
    after,
    assign_cve,
    close,
    decide,
    extend,
    fixed,
    hold,
    mitigated,
    release,
    score,
    skip,
    slot,
    user_notice,
)
from tests.unit.story import Story


def test_the_details_quote_nothing() -> None:
    """No title, reason, mitigation, reference, text or reporter stands in the details."""
    story = Story(
        a_case(
            title="canary title",
            component="canary component",
            versions="canary versions",
            details="canary details",
            reporter={"name": "canary", "email": "canary@example.org", "credit": "canary"},
        )
    )
    story.do(
        acknowledge(why="canary why", text="canary text"),
        score(LOW),
        decide(Choice.SLOW_DOWN, "canary choice", discussion="https://canary.example.org"),
        decide(Choice.SEMI_PUBLIC, "canary choice", override="canary override"),
        score(HIGH),
        decide(Choice.SEMI_PUBLIC, "canary choice", override="canary override"),
        assign_cve("CVE-2026-4242"),
        fixed("https://example.org/canary"),
        mitigated("canary mitigation"),
        user_notice("canary notice", override="canary override"),
        extend(Step.VENDOR_NOTICE, after(15), "canary reason"),
        release(slot(8), "canary release", override="canary override"),
        hold("canary hold"),
        close(text="canary closing", why="canary"),
    )
    shown = [details_of(a_case(title="canary"), after(30)), details_of(story.case, after(30))]

    for details in shown:
        assert "canary" not in details
        assert "CVSS" not in details
        assert "4242" not in details


@pytest.mark.parametrize("days", [0, 1, 7, 14, 21])
def test_a_step_is_overdue_from_its_limit_on(days: int) -> None:
    """Until its limit a step is pending; at its limit and after it, overdue."""
    case = a_case()

    for step in Step:
        is_over = case.limit(step) <= after(days)
        assert status_of(case, step, after(days)) == ("overdue" if is_over else "pending")


def test_every_status_has_its_name() -> None:
    """Done, overdue, skipped, extended and pending are told apart."""
    story = Story().do(acknowledge(), skip(Step.USER_NOTICE), extend(Step.FIX, after(9)))
    status = {step: status_of(story.case, step, after(15)) for step in Step}

    assert status_of(story.case, Step.FIX, after(8)) == "extended"
    assert status == {
        Step.ACKNOWLEDGE: "done",
        Step.FIX: "overdue",
        Step.USER_NOTICE: "skipped",
        Step.VENDOR_NOTICE: "overdue",
        Step.RELEASE: "pending",
    }


def test_a_finished_case_has_nothing_overdue() -> None:
    """After the release, and after the close, open steps count as skipped."""
    released = Story().do(fixed(), release(override="now")).case
    closed = Story().do(close()).case

    for case in (released, closed):
        assert {status_of(case, step, after(60)) for step in Step} <= {"done", "skipped"}


@pytest.mark.parametrize(
    "name",
    [
        "[alice](https://evil.example)",
        "<img src=//evil.example/x>",
        "![x](//evil.example/x)",
        "<https://evil.example>",
        "https://evil.example",
        "www.evil.example",
        "WWW.evil.example",
        "alice@evil.example",
        "`alice`",
        "**alice**",
        "__alice__",
        "alice\n\n# Released",
        "alice\n- release: done",
        "alice | x",
        "&lt;b&gt;",
        "\\alice",
        "al\u202eice\x1b[2J",
    ],
)
def test_a_name_cannot_write_markdown(name: str) -> None:
    """Whoever claims a name that is a link, an image, HTML or a new line is shown without it."""
    case = _with_name(name)

    for one in (case, case.model_copy(update={"lead": ""})):
        details = details_of(one, after(1))
        plain = details_of(_with_name("bob"), after(1))
        assert name not in details
        assert not set("[]<>&@#|\\\x1b\u202e/") & set(details)
        assert details.count("`") == plain.count("`")  # those of commands
        assert "www." not in details.casefold()
        assert len(details.splitlines()) == len(plain.splitlines())


def _with_name(name: str) -> Case:
    """Return a case in which somebody of this name does everything."""
    deed = Deed(at=after(0), by=name, what="score", detail=name, why=name)
    names = {"lead": name, "handing_to": name, "proposed_lead": name}
    return a_case().model_copy(update={**names, "deeds": (deed,)})


@pytest.mark.parametrize("name", ["alice", "Anne-Marie O'Neil", "佐藤 花子", "j.doe", "a_b 2"])
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    """In any script, with the signs that names have."""
    case = a_case().model_copy(update={"lead": name})

    assert f"lead: {name} ·" in details_of(case, after(1))


def test_what_was_sent_to_how_many_and_who_did_what() -> None:
    """The letters with whom they are for and their number, and the acts with who did them.

    Nobody is named but the lead, who is in the clear as it is.
    """
    lists = {Audience.USERS: ("list-one", "list-two")}
    story = Story(lists=lists).do(acknowledge(team=("bob",)), fixed(by="ci"))
    story.do(user_notice(by="bob"))
    details = details_of(story.case, story.now)

    assert "What was sent: 5 letters in 8 copies, 8 delivered:" in details
    assert f"- {moment(RECEIVED)}: team alert, to lead (1), team (1)" in details
    assert f"- {moment(RECEIVED)}: user notice, to users (2)" in details
    assert "list-one" not in details
    assert details.endswith(
        "Who did what:\n\n"
        f"- {moment(RECEIVED)}: alice (lead): acknowledge\n"
        f"- {moment(RECEIVED)}: somebody else: fix landed\n"
        f"- {moment(RECEIVED)}: fix team: approve notice, users"
    )


def test_an_approval_that_was_stopped_reads_so() -> None:
    """Who stops a release does not read as if they had approved it a second time."""
    story = Story().do(acknowledge(), fixed(), release(slot(3)), hold())

    assert details_of(story.case, story.now).endswith(
        f"- {moment(RECEIVED)}: alice (lead): approve release\n"
        f"- {moment(RECEIVED)}: alice (lead): approve release, held"
    )


def test_only_the_last_letters_and_acts_are_shown() -> None:
    """What is long past stands in the terminal, and the details say that they are not all."""
    story = Story().do(*[score(vector) for vector in (LOW, HIGH) * 3]).wait(after(30))
    details = details_of(story.case, story.now)
    sent, did = details[details.index("What was sent") :].split("Who did what")

    assert "(the last 5):" in sent
    assert did.startswith(" (the last 5):")
    assert (sent.count("\n- "), did.count("\n- ")) == (5, 5)


def test_what_came_late_is_told_from_what_was_kept() -> None:
    """A step that is done says by how much it was late; one that is due, since when."""
    story = Story().wait(after(9)).do(acknowledge())
    details = details_of(story.case, story.now)

    assert details.startswith("waiting for: **fix** · ")
    assert f"- acknowledge: done {moment(after(9))}, 8 days late" in details
    assert f"alice**: approve the user notice, **due since {moment(after(7))}**" in details
    story = Story().do(acknowledge(), close(CloseReason.INVALID))
    assert details_of(story.case, story.now).startswith("**closed** as invalid · ")
    assert "late" not in details_of(story.case, story.now)


def test_what_was_decided_about_the_cadence_is_named() -> None:
    """Rule 18: who looks at the board sees that a change may be made in public."""
    story = Story().do(acknowledge(), score(LOW), decide(Choice.SEMI_PUBLIC))
    assert "severity: Low · decided: semi public" in details_of(story.case, story.now)
    story.do(score(HIGH))

    assert "decided" not in details_of(story.case, story.now)
