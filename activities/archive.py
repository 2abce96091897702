"""The record of a case is written by whoever carries it, from what the case itself says."""

import asyncio
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from tacenda.archive.keeping import keep
from tacenda.archive.keys import TeamKey
from tacenda.archive.storage import NotStored, Records
from tacenda.contract import Disclosure
from tacenda.errands import Books, Kept

ANSWER_WITHIN = timedelta(seconds=20)


class Archivist:
    """Asks a case how it stands, and puts that on record."""

    def __init__(self, client: Client, records: Records, key: TeamKey | None) -> None:
        """Take the client of the worker, where records lie, and the team's key.

        Without a key nothing is encrypted either, and no record is written: it could lie open.
        """
        self._client = client
        self._records = records
        self._key = key

    @activity.defn(name="keep_record")
    async def keep_record(self, books: Books) -> Kept:
        """Write the record of a case as it is now; raises `ApplicationError`, to be tried again."""
        if self._key is None:
            activity.logger.warning("no record is written: there are no keys to seal it with")
            return Kept(case_id=books.case_id)
        handle = self._client.get_workflow_handle(books.case_id)
        try:
            view = await handle.query(Disclosure.view, rpc_timeout=ANSWER_WITHIN)
            await asyncio.to_thread(keep, self._records, view.case, view.now, self._key)
        except (RPCError, WorkflowQueryFailedError) as error:
            raise _failed(f"the case does not answer: {type(error).__name__}") from None
        except NotStored as error:
            raise _failed(str(error)) from None
        return Kept(case_id=books.case_id)


def _failed(why: str) -> ApplicationError:
    return ApplicationError(f"The record was not written ({why}).", type="NotOnRecord")
