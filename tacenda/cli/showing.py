"""`tacenda show`: one case on one screen, where it stands and who was told."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from temporalio.client import WorkflowExecutionStatus

from tacenda.cadence import offers
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.cli.absences import absences_of_the_lead
from tacenda.cli.files import files_of, write_files
from tacenda.cli.options import as_json, case_argument
from tacenda.cli.owed import duties_shown
from tacenda.cli.screen import say_case
from tacenda.cli.steps import steps_shown
from tacenda.contract import View
from tacenda.render import (
    say_json,
    warn,
)
from tacenda.roster import tally

NOT_OVER = (
    "{case} is closed and not over: its last letters are on their way, or its record is not "
    "written yet. What keeps it: tacenda doctor."
)


@click.command()
@case_argument
@click.option("--full", is_flag=True, help="All letters, acts and lines of the report.")
@click.option("--files", metavar="FOLDER", help="Write the files of the case there.")
@as_json
def show(case: str, full: bool, files: str | None, as_json: bool) -> None:
    """Show the CASE on one screen: where it stands, who must do what, who was told."""
    view, ended = session.run(_look(case))
    if files is not None:
        session.run(write_files(view, Path(files)))
    now = max(session.now(), view.now)
    if ended:
        warn(ended)
    if as_json:
        say_json(_shown(view.case, now))
    else:
        say_case(view.case, now, is_full=full)


async def _look(case: str) -> tuple[View, str]:
    """Return the case, and what is to be said of how it ended, or did not end yet."""
    server = await session.client()
    view = await dialogue.ask(server, case)
    description = await dialogue.handle_of(server, case).describe(rpc_timeout=session.ANSWER_WITHIN)
    if description.status is WorkflowExecutionStatus.RUNNING and view.case.closing:
        return view, NOT_OVER.format(case=case)
    if description.status is not WorkflowExecutionStatus.TERMINATED:
        return view, ""
    return view, f"ALARM: {case} was terminated, and nothing keeps it going. Bring it back: " + (
        session.bring_back(server, case)
    )


def _shown(case: Case, now: datetime) -> dict[str, Any]:
    severity = case.severity
    return {
        "id": case.id,
        "state": case.state.value,
        "title": case.report.title,
        "received": case.report.received,
        "lead": case.lead or None,
        "handing_to": case.handing_to or None,
        "stepping_in": case.second or None,
        "lead_away": [absence.model_dump() for absence in absences_of_the_lead(case, now)],
        "leaked": case.leaked,
        "exploited": case.exploited,
        "decision_asked": case.asked,
        "proposed_lead": case.proposed_lead or None,
        "team": list(case.fix_team),
        "severity": severity
        and {"band": severity.band.value, "score": severity.score, "vector": severity.vector},
        "cves": list(case.cves),
        "credit": case.credit or None,
        "files": [enclosure.model_dump() for enclosure in files_of(case)],
        "planned_release": case.planned,
        "decisions": {choice.value: each.model_dump() for choice, each in case.decisions.items()},
        "offers": list(offers(case, now)),
        "steps": steps_shown(case, now),
        "duties": duties_shown(case, now),
        "letters": [
            {
                "kind": letter.kind.value,
                "at": letter.at,
                "to": [r.address for r in letter.everyone],
                "delivered": len(letter.delivered),
                "failed": len(letter.failed),
                "pending": len(letter.pending),
                "bounced": [
                    bounce.model_dump(exclude={"letter"})
                    for bounce in case.bounces
                    if bounce.letter == letter.key
                ],
            }
            for letter in case.letters
        ],
        "mail_stopped": case.stopped and case.stopped.model_dump(),
        "public": case.is_public,
        "closed": case.closing and case.closing.reason.value,
        "duplicate_of": (case.closing.duplicate_of or None) if case.closing else None,
        "follows": case.follows or None,
        "linked": [link.model_dump() for link in case.links],
        "acts": [deed.model_dump(exclude={"digest"}) for deed in case.deeds],
        "vendors": tally(case) or None,
        "troubles": [trouble.what for trouble in case.troubles],
        "web_ui": session.web_ui(case.id),
    }
