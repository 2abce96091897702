"""The regulator's clock beside a case: durable, with its own names, until a person has filed."""

from datetime import timedelta

from temporalio.converter import WorkflowSerializationContext

from tacenda.contract import Disclosure
from tacenda.duties import duty_limit, open_duties
from tacenda.filings import Duty
from tacenda.models import CloseReason, Kind, State
from tests.builders import (
    acknowledge,
    close,
    confirm_reporter,
    exploited,
    file_report,
    held_retrospective,
    release,
    score,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, Plot, begin

ABOUT_DUTIES = (Kind.REGULATOR_REPORT, Kind.DUTY_REMINDER, Kind.DUTY_OVERDUE)


async def attacked(desk: Desk) -> Plot:
    """Begin a case that turns out on day 5 to have been exploited, which we knew the day before."""
    plot = await begin(desk, report={"component": "lantern"})
    await plot.do(acknowledge(team=("bob",)), score())
    await plot.until(5)
    await plot.do(exploited(aware=plot.at(4, 12)))
    return await plot.do(exploited("we know enough", hold_on=True))


def owed(plot: Plot) -> dict[str, list[str]]:
    """Return who got letters about duties, in order."""
    kinds = {kind.value for kind in ABOUT_DUTIES}
    post = {to: [kind for kind in got if kind in kinds] for to, got in plot.post().items()}
    return {to: got for to, got in post.items() if got}


async def test_an_exploited_flaw_from_awareness_to_the_last_report(staffed: Desk) -> None:
    """The early warning is late and escalates; the rest is filed in time, and the case complete.

    Each of the three reports has its draft, and the final one a limit of its own once the fix
    has landed, which outlives the release. (rules 1, 2)
    """
    plot = await attacked(staffed)
    await plot.until(5, 13)
    await plot.do(file_report(ref="SRP-1"))
    await plot.until(6, 9)
    await plot.do(file_report(Duty.NOTIFICATION, "SRP-2"))
    await plot.fixed()
    limit = duty_limit(await plot.facts(), Duty.FINAL_REPORT)
    await plot.until(7, 16)
    await plot.do(release(text="Update. It is exploited.", override="attacks"))
    await plot.until(9)
    await plot.do(held_retrospective(), confirm_reporter())
    assert "final report to the regulator" in await plot.case.refused(close(CloseReason.COMPLETE))
    await plot.until(20, 4)
    await plot.do(file_report(Duty.FINAL_REPORT, "SRP-3"))
    facts = await plot.facts()
    await plot.case.act(close(CloseReason.COMPLETE))
    await plot.ended()

    assert limit
    assert plot.at(20) <= limit < plot.at(20, 9, 1)
    assert plot.when(Kind.REGULATOR_REPORT) == ["day 5 09:00", "day 5 12:00", "day 6 09:00"]
    assert plot.when(Kind.DUTY_OVERDUE) == ["day 5 12:00"]
    assert plot.when(Kind.DUTY_REMINDER) == ["day 20 03:00"]
    team = ["regulator_report", "regulator_report", "duty_overdue", "regulator_report"]
    assert owed(plot) == {
        MAILBOXES["team"]: [*team, "duty_reminder"],
        MAILBOXES["alice"]: [*team, "duty_reminder"],
        MAILBOXES["oncall"]: ["duty_overdue"],
    }
    assert facts.state is State.RELEASED
    assert open_duties(facts) == ()


async def test_a_duty_has_a_timer_with_its_name(staffed: Desk) -> None:
    """The Web UI shows the limits to the regulator beside those of the steps, until it is filed."""
    plot = await attacked(staffed)
    before = await timers(plot)
    await plot.do(file_report(when=plot.at(4, 20)))
    after = await timers(plot)

    early, later = "limit: early warning to the regulator", "limit: notification to the regulator"
    assert {early, later} <= before
    assert before - after >= {early}
    assert later in after
    assert "limit: fix, user notice" in after


async def timers(plot: Plot) -> set[str]:
    """Return the labels of the timers that run."""
    running: dict[int, str] = {}
    client = plot.desk.client
    converter = client.data_converter.with_context(
        WorkflowSerializationContext(client.namespace, plot.case.handle.id)
    )
    for event in (await plot.case.handle.fetch_history()).events:
        if event.HasField("timer_started_event_attributes"):
            [label] = await converter.decode([event.user_metadata.summary], [str])
            running[event.event_id] = label
        elif event.HasField("timer_fired_event_attributes"):
            running.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            running.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return set(running.values())


async def test_what_passed_while_no_worker_ran_comes_as_one_letter_for_each(desk: Desk) -> None:
    """After an outage nothing is back-dated, and the case says what is overdue."""
    async with desk.worker(forgets=True):
        plot = await begin(desk)
        await plot.do(acknowledge(), exploited(), exploited(hold_on=True))
    await desk.outage(plot.case, plot.at(3, 15))
    async with desk.worker():
        await plot.settle()
        view = await plot.case.handle.query(Disclosure.view)

    assert plot.when(Kind.DUTY_OVERDUE) == ["day 3 15:00"] * 2
    assert plot.when(Kind.DUTY_REMINDER) == []
    assert view.now - plot.at(3, 15) < timedelta(minutes=1)
