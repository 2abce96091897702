"""The acts of one line: ack, score, cve, fixed, extend."""

from datetime import datetime, timedelta

import click

from tacenda import acts, lifecycle
from tacenda.act import Act
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.cli.absences import absences_of_the_lead, who_is_away, words_on
from tacenda.cli.options import (
    INSTANT,
    SPAN,
    acting,
    case_argument,
    read_text,
    telling,
    text_from,
    texting,
)
from tacenda.contract import Answer, View
from tacenda.drafts import draft_of
from tacenda.errors import BadInput, NoWorker
from tacenda.fields import MAX_NOTICE_BYTES
from tacenda.models import Kind, Step
from tacenda.render import say, warn

STEP_NAMES = [step.value for step in Step]


def perform(case: str, act: Act, *, warned: bool = False) -> None:
    """Ask the case first, then do the act, and say what came of it, and warn unless `warned`."""
    _do(case, act, warned=warned)


def _do(case: str, act: Act, *, warned: bool = False) -> Case:
    """Do the act, say what came of it, and return the case as it was just before."""
    view, answer = session.run(_perform(case, act))
    for warning in () if warned else answer.warnings:
        warn(warning)
    say_done(case, act, answer, _done(view, act))
    return view.case


def _done(view: View, act: Act) -> str:
    """Return what exactly was done, with the limits that it moved."""
    after = lifecycle.apply(view.case, act, max(session.now(), view.now))
    return after.deeds[-1].detail if len(after.deeds) > len(view.case.deeds) else act.detail


def say_done(case: str, act: Act, answer: Answer, detail: str = "") -> None:
    """Say what was done, by whom, and where the case stands now."""
    done = act.name.replace("_", " ")
    say(f"{case}: {done} ({detail or act.detail}) by {act.by}; state {answer.state.label}.")


async def _perform(case: str, act: Act) -> tuple[View, Answer]:
    server = await session.client()
    view = await dialogue.ask(server, case)
    return view, await dialogue.act(server, view, act)


@click.command()
@case_argument
@click.option("--lead", metavar="NAME", default="", help="Who leads the case; else who acts.")
@click.option("--team", metavar="NAME", multiple=True, help="Who writes the fix; repeatable.")
@texting
@telling
@acting
def ack(
    case: str,
    lead: str,
    team: tuple[str, ...],
    text_file: str | None,
    edit: bool,
    elsewhere: str | None,
    when: datetime | None,
    override: str,
    yes: bool,
) -> None:
    """Take the CASE: name the fix lead and the fix team; the reporter is answered.

    Later it accepts a hand-over, or adds to the fix team.
    """
    if elsewhere is not None and (text_file or edit or not elsewhere.strip()):
        raise BadInput("--sent-elsewhere says where the reporter was answered; no text goes out.")
    told = {"elsewhere": elsewhere or "", "when": when}
    act = dialogue.build(acts.Acknowledge, lead=lead, team=team, override=override, **told)
    _look_up(lead, act)
    if text_file is not None:
        text = read_text(text_file, MAX_NOTICE_BYTES)
        act = dialogue.build(acts.Acknowledge, **{**act.model_dump(exclude={"by"}), "text": text})
    elif edit:
        view = dialogue.view(case)
        supposed = view.case.model_copy(update={"lead": act.lead or act.by})
        text = text_from(
            None, True, lambda: draft_of(supposed, Kind.ACKNOWLEDGEMENT, view.now).body
        )
        act = dialogue.build(acts.Acknowledge, **{**act.model_dump(exclude={"by"}), "text": text})
    before = _do(case, act)
    leads = before.acknowledged is None or before.handing_to == act.by
    after = before.model_copy(update={"lead": act.lead or act.by}) if leads else before
    for away in absences_of_the_lead(after, session.now()):
        if away.steps and after.lead != before.lead:
            warn(words_on(after, away))


def _look_up(lead: str, act: acts.Acknowledge) -> None:
    """Refuse a lead nobody knows; say who will get no letter of their own."""
    settings = session.settings()
    if settings is None:
        return
    known = [member.name for member in settings.team.members]
    if lead and lead not in known and not act.override:
        raise BadInput(f"{lead} is no member in tacenda.toml ({', '.join(known) or 'no members'}).")
    for name in (act.lead or act.by, *act.team):
        if name not in known:
            warn(
                f"{name} is no member in tacenda.toml: letters to the lead go to the team's "
                "address, and letters to the fix team do not reach them."
            )
    for sentence in who_is_away(settings, (act.lead or act.by, *act.team), session.now()):
        warn(sentence)


@click.command()
@case_argument
@click.argument("vector")
@acting
def score(case: str, vector: str, override: str, yes: bool) -> None:
    """Score the CASE with a CVSS VECTOR of version 2.0, 3.0, 3.1 or 4.0."""
    from tacenda.severity import severity_of

    severity = severity_of(vector)
    perform(case, dialogue.build(acts.Score, vector=vector, override=override))
    say(f"{severity.score} {severity.band} (CVSS {severity.version})")


@click.command()
@case_argument
@click.argument("ids", nargs=-1, required=True, metavar="CVE-ID...")
@click.option("--published", is_flag=True, help="My word: their records are public.")
@click.option("--withdraw", metavar="REASON", default="", help="They are not of this case.")
@acting
def cve(
    case: str, ids: tuple[str, ...], published: bool, withdraw: str, override: str, yes: bool
) -> None:
    """Assign one or several CVE ids to the CASE, or say that their records are public."""
    values = {"cves": ids, "published": published, "withdraw": withdraw}
    perform(case, dialogue.build(acts.AssignCve, **values, override=override))


@click.command()
@case_argument
@click.option("--ref", "refs", metavar="URL", multiple=True, help="Where the fix is; repeatable.")
@click.option("--version", "versions", metavar="V", multiple=True, help="A fixed version.")
@click.option(
    "--mitigation",
    metavar="TEXT",
    default="",
    help="What helps until then; it goes into the public user notice.",
)
@click.option("--when", metavar="T", type=INSTANT, help="When it landed; now if left out.")
@click.option(
    "--withdraw", metavar="REASON", default="", help="Take the fix back; or the mitigation alone."
)
@acting
def fixed(
    case: str,
    refs: tuple[str, ...],
    versions: tuple[str, ...],
    mitigation: str,
    when: datetime | None,
    withdraw: str,
    override: str,
    yes: bool,
) -> None:
    """Say that the fix of the CASE landed; accepted even while no worker runs."""
    act = dialogue.build(
        acts.FixLanded,
        refs=refs,
        versions=versions,
        mitigation=mitigation,
        when=when,
        withdraw=withdraw,
        override=override,
    )
    session.run(_signal(case, act))


async def _signal(case: str, act: acts.FixLanded) -> None:
    """Send the signal, also while nobody answers: it takes effect when a worker comes."""
    server = await session.client()
    try:
        before = await dialogue.ask(server, case)
    except NoWorker:
        if act.withdraw:
            raise
        await dialogue.signal_fix(server, case, act)
        say(f"{case}: the fix is recorded and takes effect as soon as a worker runs.")
        return
    for warning in dialogue.check(before, act):
        warn(warning)
    await dialogue.signal_fix(server, case, act)
    after = await dialogue.ask(server, case)
    what = "withdrawal" if act.withdraw else "fix" if act.refs else "mitigation"
    say(f"{case}: the {what} is recorded by {act.by}; state {after.case.state.label}.")


@click.command()
@case_argument
@click.argument("step", metavar="STEP", type=click.Choice(STEP_NAMES))
@click.option("--until", metavar="T", type=INSTANT, help="The new limit, as 2026-12-10T16:00Z.")
@click.option("--by", "by_span", metavar="D", type=SPAN, help="How much later, as 3d.")
@click.option("--skip", is_flag=True, help="Do without the step.")
@click.option("--reason", metavar="R", required=True, help="Why.")
@acting
def extend(
    case: str,
    step: str,
    until: datetime | None,
    by_span: timedelta | None,
    skip: bool,
    reason: str,
    override: str,
    yes: bool,
) -> None:
    """Move the limit of a STEP of the CASE, or do without the step.

    STEP is acknowledge, fix, user_notice, vendor_notice or release.
    """
    if [until is not None, by_span is not None, skip].count(True) != 1:
        raise BadInput("Say one of --until T, --by D and --skip.")
    if by_span is not None:
        view = dialogue.view(case)
        until = view.case.limit(Step(step)) + by_span
    perform(
        case,
        dialogue.build(
            acts.Extend, step=step, until=until, skip=skip, why=reason, override=override
        ),
    )
