"""Limits in the calendars of those on the case, told by the workflow as time passes."""

import pytest

from tacenda.models import CloseReason, Kind, Step
from tacenda.policy import Reminders
from tests.builders import (
    a_policy,
    acknowledge,
    close,
    extend,
    hand_off,
    release,
    user_notice,
    vendor_notice,
)
from tests.unit.agendas import Held, agenda_of
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, Plot, begin


async def held(plot: Plot, name: str) -> Held:
    """Return what is still to come in somebody's calendar after the letters that they got."""
    letters = [x.facts.calendar for x, to in plot.desk.mailroom.letters if to.name == name]
    return agenda_of(name, letters).held(await plot.desk.now())


async def test_a_straight_case_in_calendars(staffed: Desk) -> None:
    """Limits come with the staffing, the planned release with its plan, and all leave in time."""
    plot = await begin(staffed)
    await plot.until(0, 10)
    await plot.do(acknowledge(team=("bob",)))
    limits: Held = {
        Step.FIX: plot.at(7),
        Step.USER_NOTICE: plot.at(7),
        Step.VENDOR_NOTICE: plot.at(14),
        Step.RELEASE: plot.at(21),
    }
    assert await held(plot, "alice") == await held(plot, "bob") == limits
    assert plot.when(Kind.CALENDAR) == []

    await plot.until(3)
    await plot.fixed()
    await plot.do(user_notice(planned=plot.at(15, 16)))
    await plot.until(3, 10)
    planned: Held = {
        Step.VENDOR_NOTICE: plot.at(14),
        Step.RELEASE: plot.at(21),
        None: plot.at(15, 16),
    }
    assert await held(plot, "alice") == await held(plot, "bob") == planned

    await plot.until(10)
    await plot.do(vendor_notice(), release(plot.at(15, 16)))
    await plot.until(16)
    await plot.do(close(CloseReason.COMPLETE, override="a story"))
    await plot.ended()

    assert await held(plot, "alice") == await held(plot, "bob") == {}
    assert plot.when(Kind.CALENDAR) == ["day 3 09:10", "day 14 08:00", "day 16 09:00"]
    assert set(staffed.mailroom.to(Kind.CALENDAR)) == {MAILBOXES["alice"], MAILBOXES["bob"]}
    assert not await plot.troubles()


async def test_limits_that_move_and_a_lead_who_leaves(staffed: Desk) -> None:
    """Two extensions come in one letter; who hands over is freed as the other takes over."""
    plot = await begin(staffed)
    await plot.do(acknowledge())
    await plot.until(2, 9, 1)
    await plot.do(extend(Step.FIX, plot.at(10)), extend(Step.USER_NOTICE, plot.at(11)))
    await plot.until(2, 10)
    moved = await held(plot, "alice")
    assert (moved[Step.FIX], moved[Step.USER_NOTICE]) == (plot.at(10), plot.at(11))
    assert plot.when(Kind.CALENDAR) == ["day 2 09:10"]

    await plot.do(hand_off("bob"))
    assert await held(plot, "bob") == {}
    await plot.do(acknowledge("bob"))

    assert await held(plot, "alice") == {}
    assert await held(plot, "bob") == moved


async def test_a_mailbox_that_is_put_off_ends_right(staffed: Desk) -> None:
    """Whoever gets the letters late, and all at once, has in the end what the others have."""
    plot = await begin(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["bob"]}
    await plot.case.act(acknowledge(team=("bob",)))
    await staffed.wait(seconds=10)
    await plot.case.act(extend(Step.FIX, plot.at(10)))
    await staffed.wait(minutes=12)
    assert await held(plot, "bob") == {}

    staffed.mailroom.puts_off = set()
    await staffed.wait(minutes=5)
    await plot.settle()

    assert await held(plot, "bob") == await held(plot, "alice")
    assert (await held(plot, "bob"))[Step.FIX] == plot.at(10)


@pytest.mark.parametrize("calendar", [True, False])
async def test_who_is_not_in_the_settings_has_no_calendar(staffed: Desk, calendar: bool) -> None:
    """A name that the directory does not know troubles nobody, with calendars or without."""
    policy = a_policy(reminders=Reminders(calendar=calendar))
    plot = await begin(staffed, policy=policy)
    await plot.do(acknowledge("a stranger"))
    await plot.until(1)
    await plot.do(extend(Step.FIX, plot.at(10)))
    await plot.until(2)

    assert staffed.mailroom.to(Kind.CALENDAR) == []
    assert not await plot.troubles()
    started = sum(letter.kind is Kind.CALENDAR for letter in (await plot.facts()).letters)
    assert started == calendar
