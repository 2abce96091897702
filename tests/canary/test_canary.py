"""Nothing under embargo leaks: every word of three cases, looked for wherever nobody has a key."""

from collections.abc import Callable
from pathlib import Path

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from tacenda.attributes import LEAD
from tacenda.connect import UNSAFE_PLAINTEXT
from tests.canary.clerk import run
from tests.canary.fields import CLEAR, texts
from tests.canary.onlooker import look_at_the_web_ui
from tests.canary.scene import (
    CALLED,
    LISTS,
    SPANS,
    Scene,
    know_hashes,
    look_at_commands,
    look_at_letters,
    look_at_the_worker,
    really_said,
    scene,
)
from tests.canary.story import ByMail, Hasty, forged, worker_killed
from tests.canary.straight import Straight
from tests.canary.surfaces import UNRELEASED
from tests.e2e.running import wait_for


def test_nothing_under_embargo_leaks(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """No word of any field stands where somebody without a key could read it."""
    with scene(tmp_path) as at:
        clerk, surfaces, words = at.clerk, at.surfaces, at.words
        straight = Straight(clerk)
        straight.refusals()
        mail, hasty = ByMail(clerk), Hasty(clerk, at.post)
        mail.said_by_a_program(straight.case)
        straight.to_the_vendors()
        straight.came_back()
        hasty.trouble()
        worker_killed(at.up, clerk, straight.case)
        straight.to_the_users()
        forged(clerk, hasty.case)
        cases = straight.case, mail.case, hasty.case
        wait_for(lambda: at.post.got("user_notice", LISTS[0]), "the notice to the users")
        wait_for(lambda: at.post.got("escalation", "team@example.org"), "an escalation")
        clerk.does("record", "write", straight.case)
        look_at_letters(at)
        look_at_the_worker(at)
        surfaces.look_at_files("running")
        surfaces.look_at_processes(at.up)
        surfaces.look_at_server(*cases)
        shown = {case: clerk.view(case).case.report.title for case in (cases[0], cases[2])}
        look_at_the_web_ui(clerk, surfaces, shown)
        straight.released()
        mail.ended()
        wait_for(lambda: at.post.got("thanks"), "the release, and the thanks for it")
        straight.ended()
        look_at_commands(at)
        surfaces.look_at_files("running")
        surfaces.look_at_server(*cases)
        know_hashes(at, *cases)
        said = really_said(at, *cases)

    assert {UNRELEASED, CALLED, SPANS} <= surfaces.seen.keys(), "this was not looked at"
    assert texts() - CLEAR.keys() - words.places == set(), "texts that this suite says nowhere"
    unsaid = words.said.keys() - said - words.refused - words.forged
    assert {words.said[word] for word in unsaid} == set()
    hits = at.hits()
    print(at.table(hits))
    record_property("canary", at.figure(hits))
    assert hits == {}


def plant(at: Scene) -> None:
    """Put words where Tacenda never puts one."""
    memo, lead, said = (at.words.of(f"planted {where}") for where in ("memo", "lead", "note"))

    async def do() -> None:
        client = await at.clerk.bare()
        attributes = TypedSearchAttributes([SearchAttributePair(LEAD, lead)])
        begin = ScheduleActionStartWorkflow("planted", id="planted", task_queue="planted")
        schedule = Schedule(action=begin, spec=ScheduleSpec(), state=ScheduleState(note=said))
        await client.start_workflow(
            "planted",
            id="planted",
            task_queue="planted",
            memo={"said": memo},
            search_attributes=attributes,
        )
        await client.create_schedule("planted", schedule)

    run(do())


def test_without_encryption_the_same_suite_finds_them(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """It sees words and hashes in the database, histories, ids and pages; and what is planted."""
    with scene(tmp_path, **{UNSAFE_PLAINTEXT: "1"}) as at:
        mail = ByMail(at.clerk)
        mail.said_by_a_program()
        plant(at)
        know_hashes(at, mail.case)
        at.surfaces.look_at_files("running")
        at.surfaces.look_at_server(mail.case)

    hits = at.hits()
    print(at.table(hits))
    record_property("canary", f"canary without encryption: hits on {'; '.join(sorted(hits))}")
    assert "Report.details" in hits["temporal.db-wal, running"]
    assert "Report.details" in hits["temporal.db, stopped"] | hits["temporal.db-wal, stopped"]
    assert "Report.details" in hits["history: events, failures, summaries, ids"]
    assert "Report.details" in hits["HTTP API"]
    assert "a hash of an act (score)" in hits["update ids, signal and activity names"]
    assert hits["visibility: list, memos, search attributes"] >= {"planted memo", "planted lead"}
    assert hits["schedules and their notes"] == {"planted note"}
