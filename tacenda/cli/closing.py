"""`tacenda close`: the end of a case, or its second life."""

from datetime import datetime

import click
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda import acts, contract
from tacenda.cli import dialogue, session
from tacenda.cli.acts import perform, say_done
from tacenda.cli.approvals import templates
from tacenda.cli.files import fetched
from tacenda.cli.linking import check_first
from tacenda.cli.options import case_argument, confirmed, overriding, telling, text_from, texting
from tacenda.cli.starting import begin
from tacenda.contract import Answer, View
from tacenda.drafts import News, closing_draft, news_of_closing
from tacenda.enclosures import Attachment
from tacenda.errors import BadInput, Refused
from tacenda.lifecycle import reopened
from tacenda.models import CloseReason
from tacenda.render import note, show_text, warn


@click.command()
@case_argument
@click.option(
    "--as", "reason", type=click.Choice([r.value for r in CloseReason]), help="Why it ends."
)
@click.option(
    "--of", "first", metavar="CASE", default="", help="The case that a duplicate is one of."
)
@click.option("--reopen", metavar="REASON", help="Take a closed case up again instead.")
@texting
@telling
@overriding
def close(
    case: str,
    reason: str | None,
    first: str,
    reopen: str | None,
    text_file: str | None,
    edit: bool,
    elsewhere: str | None,
    when: datetime | None,
    override: str,
    yes: bool,
) -> None:
    """Close the CASE; the reporter is told. Or take a closed one up again.

    Who acts is named before the command: tacenda --as NAME close.
    """
    if (reason is None) == (reopen is None) or (reopen is not None and not reopen.strip()):
        raise BadInput("Say why it ends with --as REASON, or why it goes on with --reopen REASON.")
    view = dialogue.view(case)
    if reopen is not None:
        _reopen(view, dialogue.build(acts.Close, reopen=reopen, override=override))
        return
    why = CloseReason(str(reason))
    if first and first != case:
        check_first(case, first)
    news = news_of_closing(view.case, why, session.now(), templates())
    values = {
        "reason": why,
        "text": None if elsewhere else _text(view, why, text_file, edit),
        "elsewhere": elsewhere or "",
        "when": when,
        "duplicate_of": first,
        **{f"{audience}_told": draft.body for audience, draft in news.items()},
    }
    act = dialogue.build(acts.Close, **values, override=override)
    for warning in dialogue.check(view, act):
        warn(warning)
    _show(act, news)
    if not confirmed(f"Close {case} as {reason}?", yes):
        raise Refused("Nothing was closed.")
    say_done(case, act, session.run(dialogue.send(view, act)))


def _text(view: View, why: CloseReason, text_file: str | None, edit: bool) -> str | None:
    """Return the last letter to the reporter; after a release there is one only if written."""
    is_wanted = text_file is not None or edit or why is not CloseReason.COMPLETE
    if view.case.reporter is None or not is_wanted:
        return None
    draft = closing_draft(view.case, why, session.now(), templates())
    return text_from(text_file, edit, lambda: draft.body)


def _show(act: acts.Close, news: News) -> None:
    if act.text:
        note("To the reporter:")
        show_text(act.text)
    for audience, draft in news.items():
        note(f"To the {audience} who were told of a release: {draft.subject}")
        show_text(draft.body)


def _reopen(view: View, act: acts.Close) -> None:
    """Take the case up again: in its own run if that still goes on, else in a new one."""
    case = view.case.id
    for warning in dialogue.check(view, act):
        warn(warning)
    answer = session.run(_start_again(view, act))
    if answer is None:
        perform(case, act)
    else:
        say_done(case, act, answer)


async def _start_again(view: View, act: acts.Close) -> Answer | None:
    """Start a new run of a case that has ended; return None where it goes on as it is."""
    server, case = await session.client(), view.case.id
    handle = dialogue.handle_of(server, case)
    description = await handle.describe(rpc_timeout=session.ANSWER_WITHIN)
    if description.status is not WorkflowExecutionStatus.COMPLETED:
        return None
    again = reopened(view.case, act, max(session.now(), view.now))
    digest = await description.memo_value(contract.REPORT_DIGEST, "", type_hint=str)
    opening = contract.Opening(
        report=view.case.report,
        policy=view.case.policy,
        attachments=await _files(server, view),
        closed=view.case,
        reopening=act,
    )
    try:
        if not await begin(server, case, opening, digest, again.state):
            raise Refused(f"Somebody else has just reopened {case}.")
    except RPCError as error:
        raise session.explained(error, case) from None
    return Answer(state=again.state)


async def _files(server: Client, view: View) -> tuple[Attachment, ...]:
    """Return the files that came with the report, which a new run has to bring along."""
    enclosures = view.case.report.enclosures
    found = [await fetched(server, view.case.id, enclosure) for enclosure in enclosures]
    return tuple(file for file in found if file)
