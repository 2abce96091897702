"""The acts of one line: ack, score, cve, fixed, extend, close."""

from datetime import datetime, timedelta

import click

from tacenda import acts
from tacenda.cli import session
from tacenda.cli.options import (
    INSTANT,
    SPAN,
    acting,
    confirmed,
    overriding,
    read_text,
    text_from,
    texting,
)
from tacenda.contract import Answer
from tacenda.drafts import draft_of
from tacenda.errors import BadInput, NoWorker, Refused
from tacenda.fields import MAX_NOTICE_BYTES
from tacenda.models import CloseReason, Kind, Step
from tacenda.render import say, warn

STEP_NAMES = [step.value for step in Step]


def perform(case: str, act: acts.Act) -> None:
    """Ask the case first, then do the act, and say what came of it."""
    answer = session.run(_perform(case, act))
    for warning in answer.warnings:
        warn(warning)
    say_done(case, act, answer)


def say_done(case: str, act: acts.Act, answer: Answer) -> None:
    """Say what was done, by whom, and where the case stands now."""
    done = act.name.replace("_", " ")
    say(f"{case}: {done} ({act.detail}) by {act.by}; state {answer.state.label}.")


async def _perform(case: str, act: acts.Act) -> Answer:
    server = await session.client()
    view = await session.ask(server, case)
    return await session.act(server, view, act)


@click.command()
@click.argument("case")
@click.option("--lead", metavar="NAME", default="", help="Who leads the case; else who acts.")
@click.option("--team", metavar="NAME", multiple=True, help="Who writes the fix; repeatable.")
@texting
@acting
def ack(
    case: str,
    lead: str,
    team: tuple[str, ...],
    text_file: str | None,
    edit: bool,
    override: str,
    yes: bool,
) -> None:
    """Take the CASE: name the fix lead and the fix team; the reporter is answered."""
    act = session.build(acts.Acknowledge, lead=lead, team=team, override=override)
    _look_up(lead, act)
    if text_file is not None:
        text = read_text(text_file, MAX_NOTICE_BYTES)
        act = session.build(acts.Acknowledge, **{**act.model_dump(exclude={"by"}), "text": text})
    elif edit:
        view = session.view(case)
        supposed = view.case.model_copy(update={"lead": act.lead or act.by})
        text = text_from(
            None, True, lambda: draft_of(supposed, Kind.ACKNOWLEDGEMENT, view.now).body
        )
        act = session.build(acts.Acknowledge, **{**act.model_dump(exclude={"by"}), "text": text})
    perform(case, act)


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


@click.command()
@click.argument("case")
@click.argument("vector")
@acting
def score(case: str, vector: str, override: str, yes: bool) -> None:
    """Score the CASE with a CVSS VECTOR of version 2.0, 3.0, 3.1 or 4.0."""
    from tacenda.severity import severity_of

    severity = severity_of(vector)
    perform(case, session.build(acts.Score, vector=vector, override=override))
    say(f"{severity.score} {severity.band} (CVSS {severity.version})")


@click.command()
@click.argument("case")
@click.argument("ids", nargs=-1, required=True, metavar="CVE-ID...")
@acting
def cve(case: str, ids: tuple[str, ...], override: str, yes: bool) -> None:
    """Assign one or several CVE ids to the CASE."""
    perform(case, session.build(acts.AssignCve, cves=ids, override=override))


@click.command()
@click.argument("case")
@click.option("--ref", "refs", metavar="URL", multiple=True, help="Where the fix is; repeatable.")
@click.option("--version", "versions", metavar="V", multiple=True, help="A fixed version.")
@click.option(
    "--mitigation",
    metavar="TEXT",
    default="",
    help="What helps until then; it goes into the public user notice.",
)
@acting
def fixed(
    case: str,
    refs: tuple[str, ...],
    versions: tuple[str, ...],
    mitigation: str,
    override: str,
    yes: bool,
) -> None:
    """Say that the fix of the CASE landed; accepted even while no worker runs."""
    act = session.build(
        acts.FixLanded,
        refs=refs,
        versions=versions,
        mitigation=mitigation,
        override=override,
    )
    session.run(_signal(case, act))


async def _signal(case: str, act: acts.FixLanded) -> None:
    server = await session.client()
    await session.signal_fix(server, case, act)
    try:
        view = await session.ask(server, case)
    except NoWorker:
        say(f"{case}: the fix is recorded and takes effect as soon as a worker runs.")
        return
    what = "fix" if act.refs else "mitigation"
    say(f"{case}: the {what} is recorded by {act.by}; state {view.case.state.label}.")


@click.command()
@click.argument("case")
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
        view = session.view(case)
        until = view.case.limit(Step(step)) + by_span
    perform(
        case,
        session.build(
            acts.Extend, step=step, until=until, skip=skip, why=reason, override=override
        ),
    )


@click.command()
@click.argument("case")
@click.option(
    "--as",
    "reason",
    required=True,
    type=click.Choice([reason.value for reason in CloseReason]),
    help="Why it ends.",
)
@texting
@overriding
def close(
    case: str, reason: str, text_file: str | None, edit: bool, override: str, yes: bool
) -> None:
    """Close the CASE. Who acts is named before the command: tacenda --as NAME close."""
    view = session.view(case)
    text = None
    if text_file is not None or edit:
        text = text_from(text_file, edit, lambda: draft_of(view.case, Kind.CLOSING, view.now).body)
    act = session.build(acts.Close, reason=reason, text=text, override=override)
    for warning in session.check(view, act):
        warn(warning)
    if not confirmed(f"Close {case} as {reason}?", yes):
        raise Refused("Nothing was closed.")
    say_done(case, act, session.run(_perform(case, act)))
