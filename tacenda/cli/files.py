"""The files of a case: fetched from its workflow, and written down for a person."""

import os
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.contract import Disclosure, View
from tacenda.enclosures import Attachment, Enclosure
from tacenda.errors import BadInput
from tacenda.render import note, warn


def files_of(case: Case) -> tuple[Enclosure, ...]:
    """Return the files that came with the report, then those of its notices, each once."""
    notices = (enclosure for notice in case.notices for enclosure in notice.attachments)
    return tuple(dict.fromkeys((*case.report.enclosures, *notices)))


async def fetched(server: Client, case: str, enclosure: Enclosure) -> Attachment | None:
    """Return a file of the case with its bytes, or None where they were not kept."""
    if not enclosure.kept:
        return None
    try:
        found: Attachment | None = await dialogue.answer_of(
            lambda: dialogue.handle_of(server, case).query(
                Disclosure.file.__name__,
                enclosure.sha256,
                result_type=Attachment | None,  # type: ignore[arg-type]  # a union is no class
                rpc_timeout=session.ANSWER_WITHIN,
            )
        )
    except RPCError as error:
        raise session.explained(error, case) from None
    return found


async def write_files(view: View, folder: Path) -> None:
    """Write the files of the case into `folder`, readable for their owner only."""
    server = await session.client()
    for enclosure in files_of(view.case):
        found = await fetched(server, view.case.id, enclosure)
        if found is None:
            warn(f"{enclosure.name} was not kept; it is in the original mail.")
            continue
        # The name is a stranger's: the hash before it keeps it from hiding or replacing a file.
        path = folder / f"{enclosure.sha256[:8]}-{enclosure.name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(found.content)
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}.") from None
        note(str(path))
