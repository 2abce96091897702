"""The record of a case is written by whoever carries it, from what the case itself says."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from tacenda.archive.keeping import keep
from tacenda.archive.keys import TeamKey
from tacenda.archive.storage import NotStored, Records
from tacenda.contract import Disclosure
from tacenda.errands import Account, Books, Kept

ANSWER_WITHIN = timedelta(seconds=20)


class Archivist:
    """Puts cases on record."""

    def __init__(
        self,
        client: Client,
        records: Records,
        key: TeamKey | None,
        close_books: Callable[[Books], Awaitable[None]],
    ) -> None:
        """Take the client of the worker, where records lie, the team's key, and what closes books.

        Without a key nothing is encrypted either, and no record is written: it could lie open.
        """
        self._client = client
        self._records = records
        self._key = key
        self._close_books = close_books

    @activity.defn(name="keep_record")
    async def keep_record(self, account: Account) -> Kept:
        """Write the record of a case, and let the send ledger forget it in its own time.

        Raises `ApplicationError`, to be tried again.
        """
        case = account.case
        if self._key is None:
            activity.logger.warning("no record is written: there are no keys to seal it with")
        else:
            try:
                await asyncio.to_thread(keep, self._records, case, account.now, self._key)
            except NotStored as error:
                raise _failed(str(error)) from None
        await self._close_books(Books(case_id=case.id))
        return Kept(case_id=case.id)

    @activity.defn(name="ask_and_keep_record")
    async def ask_and_keep_record(self, books: Books) -> Kept:
        """Ask a case how it stands, and write that on record."""
        handle = self._client.get_workflow_handle(books.case_id)
        try:
            view = await handle.query(Disclosure.view, rpc_timeout=ANSWER_WITHIN)
        except (RPCError, WorkflowQueryFailedError) as error:
            raise _failed(f"the case does not answer: {type(error).__name__}") from None
        return await self.keep_record(Account(case=view.case, now=view.now))


def _failed(why: str) -> ApplicationError:
    return ApplicationError(f"The record was not written ({why}).", type="NotOnRecord")
