"""`tacenda link`: several flaws, one release; and looking where a duplicate points."""

import asyncio
import time

import click
from temporalio.client import Client

from tacenda import link_acts
from tacenda.cli import dialogue, session
from tacenda.cli.acts import say_done
from tacenda.cli.options import acting, case_argument
from tacenda.contract import View
from tacenda.errors import BadInput, Refused, TacendaError
from tacenda.lifecycle import apply, check
from tacenda.linkage import known_of
from tacenda.linking_advice import waiting_approvals
from tacenda.render import say, warn
from tacenda.tidings import news

TOLD_WITHIN = 5.0
"""For how many seconds the command looks whether the other case knows it already."""

MOST_DUPLICATES = 20


@click.command()
@case_argument
@click.option("--to", metavar="CASE", default="", help="The case that leads, and releases both.")
@click.option("--part", is_flag=True, help="Release it by itself again.")
@click.option("--reason", metavar="R", required=True, help="Why.")
@acting
def link(case: str, to: str, part: bool, reason: str, override: str, yes: bool) -> None:
    """Let the CASE be released together with another that leads: one plan, one announcement.

    Each keeps its own report, fix, score and CVE ids. With --part it stands alone again.
    """
    if bool(to) == part:
        raise BadInput("Say which case leads with --to CASE, or --part.")
    act = dialogue.build(link_acts.LinkCase, to=to, part=part, why=reason, override=override)
    session.run(_link(case, act))


async def _link(case: str, act: link_acts.LinkCase) -> None:
    """Look at both cases, act on the one that follows, and see that the other has heard of it."""
    server = await session.client()
    view = await dialogue.ask(server, case)
    other = act.to or view.case.follows
    for warning in dialogue.check(view, act):
        warn(warning)
    if act.to:
        _check_other(view, await dialogue.ask(server, act.to), act)
    say_done(case, act, await dialogue.act(server, view, act))
    if await _is_known(server, other, case, is_linked=not act.part):
        say(f"{other} knows it.")
    else:
        say(f"{other} does not know it yet, and is told as soon as it can be: nothing is lost.")
        if act.part:
            warn(f"Until then it releases both. To stop that: tacenda release {other} --hold R.")


def _check_other(view: View, leading: View, act: link_acts.LinkCase) -> None:
    """Raise `Refused` where the leading case would take no part; say what that would lose."""
    now = max(session.now(), view.now, leading.now)
    told = news(apply(view.case, act, now), now)[act.to]
    check(leading.case, told, now)
    if known_of(leading.case, view.case.id) is None:
        for kind in waiting_approvals(leading.case):
            warn(f"The approval of the {kind.label} of {act.to} becomes void: it speaks of less.")


async def _is_known(server: Client, other: str, case: str, *, is_linked: bool) -> bool:
    """Whether the other case knows soon what was done here."""
    until = time.monotonic() + TOLD_WITHIN
    while time.monotonic() < until:
        try:
            known = known_of((await dialogue.ask(server, other)).case, case)
        except TacendaError:
            return False
        if (known is not None) is is_linked:
            return True
        await asyncio.sleep(0.2)
    return False


def check_first(case: str, first: str) -> None:
    """Raise `Refused` where `case` would in the end be a duplicate of itself.

    Raises `UnknownCase` where the first case is not there.
    """
    seen, looked_at = [case], first
    while looked_at and len(seen) < MOST_DUPLICATES:
        if looked_at in seen:
            raise Refused(
                f"{first} was closed as a duplicate itself, in the end of {case}. One of them must "
                "stay. Nothing was closed."
            )
        seen.append(looked_at)
        closing = dialogue.view(looked_at).case.closing
        looked_at = closing.duplicate_of if closing else ""
    if len(seen) > 2:
        warn(f"{first} was closed as a duplicate as well, in the end of {seen[-1]}: name that one.")
