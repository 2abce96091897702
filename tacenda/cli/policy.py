"""`tacenda policy`: the rules that a case carries, and how it comes to others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from tacenda import lifecycle
from tacenda.adopting import AdoptPolicy, on_adopting
from tacenda.agenda import Entry
from tacenda.calls import ALARM_PAUSE
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.cli.acts import perform
from tacenda.cli.completing import case_ids
from tacenda.cli.options import acting, as_json, confirmed
from tacenda.differences import Difference, differences, rules_of
from tacenda.errors import BadInput, Refused
from tacenda.policy import Policy
from tacenda.render import moment, names, note, say, say_json, say_table, warn
from tacenda.timeline import plan
from tacenda.turning import moved_limits
from tacenda.turns import MovedLimit


@dataclass(frozen=True)
class Adoption:
    """What would come of the policy of the settings, if a case took it now."""

    differences: tuple[Difference, ...]
    limits: tuple[MovedLimit, ...]
    letters: tuple[Entry, ...]
    warnings: tuple[str, ...]


@click.command()
@click.argument("case", required=False, shell_complete=case_ids)
@click.option("--adopt", is_flag=True, help="Move the case to the policy of the settings.")
@click.option("--reason", metavar="R", default="", help="Why.")
@as_json
@acting
def policy(
    case: str | None, adopt: bool, reason: str, as_json: bool, override: str, yes: bool
) -> None:
    """Show the policy that the CASE carries beside that of the settings, or move the case to it.

    A case keeps the policy that was in force when it was opened. What differs is shown, which
    limits it would move, and who would hear of it. Without CASE: the policy of the settings.
    """
    settings = session.settings()
    ours = settings.policy_from(session.now().year) if settings else Policy()
    if adopt is not bool(reason.strip()) or (adopt and (as_json or case is None)):
        raise BadInput("To move a case: tacenda policy CASE --adopt --reason WHY.")
    if case is None:
        _show_policy(ours, as_json)
        return
    view = dialogue.view(case)
    now = max(session.now(), view.now)
    if not adopt:
        _show_case(view.case, ours, now, as_json)
        return
    act = dialogue.build(AdoptPolicy, policy=ours, why=reason, override=override)
    dialogue.check(view, act)
    _say_adoption(view.case, ours, _adoption(view.case, ours, now), now)
    if not confirmed(f"Move {case} to this policy?", yes):
        raise Refused("Nothing was changed.")
    perform(case, act, warned=True)


def _show_policy(ours: Policy, as_json: bool) -> None:
    if as_json:
        say_json({"profile": ours.profile, "policy": ours.model_dump(mode="json")})
        return
    say(f"New cases take the profile {ours.profile}:")
    say("")
    say_table(["what", "rule"], list(rules_of(ours)))


def _show_case(case: Case, ours: Policy, now: datetime, as_json: bool) -> None:
    found = _adoption(case, ours, now)
    if as_json:
        say_json(_shown(case, ours, found))
        return
    say(f"{case.id} carries the profile {case.policy.profile}, since {moment(_since(case))}:")
    say("")
    say_table(["what", "rule"], list(rules_of(case.policy)))
    say("")
    if not found.differences:
        say("The settings have exactly that: nothing would change.")
        return
    _say_adoption(case, ours, found, now)
    if case.closing is None:
        say("")
        say(f"To move it: tacenda policy {case.id} --adopt --reason WHY")


def _since(case: Case) -> datetime:
    return case.former_policies[-1].until if case.former_policies else case.opened


def _adoption(case: Case, ours: Policy, now: datetime) -> Adoption:
    if case.closing or ours == case.policy:
        return Adoption(differences(case.policy, ours), (), (), ())
    act = AdoptPolicy(by="somebody", policy=ours, why="to see what it changes")
    after = lifecycle.apply(case, act, now)
    return Adoption(
        differences(case.policy, ours),
        moved_limits(case, after),
        tuple(_letters(case, after, now)),
        tuple(on_adopting(act, case, now)),
    )


def _letters(case: Case, after: Case, now: datetime) -> Iterator[Entry]:
    """Yield the letters that would leave because of it, within the next hour."""
    known = {entry.key for entry in plan(case, case.policy, now)}
    for entry in plan(after, after.policy, now):
        if entry.kind and entry.at <= now + ALARM_PAUSE and entry.key not in known:
            yield entry


def _say_adoption(case: Case, ours: Policy, found: Adoption, now: datetime) -> None:
    say(f"The settings have the profile {ours.profile}, which would change:")
    say("")
    rows = [[each.name, each.old, each.new] for each in found.differences]
    say_table(["value", "now", "then"], rows)
    say("")
    if found.limits:
        say_table(["limit", "now", "then"], [_row(moved) for moved in found.limits])
    else:
        say("No limit would move.")
    say("")
    if found.letters:
        rows = [[entry.label, names(entry.to)] for entry in found.letters]
        say_table(["letter that would follow", "to"], rows)
    else:
        say("Nobody would hear of it by a letter.")
    for warning in found.warnings:
        warn(warning)
    if case.closing:
        note(f"{case.id} is closed, and keeps its policy.")


def _row(moved: MovedLimit) -> list[str]:
    old = moment(moved.old) if moved.old else "not needed"
    return [moved.step.label, old, moment(moved.new) if moved.new else "not needed"]


def _shown(case: Case, ours: Policy, found: Adoption) -> dict[str, Any]:
    return {
        "id": case.id,
        "profile": case.policy.profile,
        "since": _since(case),
        "policy": case.policy.model_dump(mode="json"),
        "settings": ours.profile,
        "differences": [each.model_dump() for each in found.differences],
        "limits": [
            {"step": moved.step.value, "old": moved.old, "new": moved.new} for moved in found.limits
        ],
        "letters": [
            {"kind": entry.kind, "steps": list(entry.steps), "to": list(entry.to)}
            for entry in found.letters
        ],
        "warnings": list(found.warnings),
    }
