"""How a case tells another what is new: an update, encrypted for the one that hears it."""

import asyncio
from datetime import timedelta

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from tacenda.codec import KeyMissing
from tacenda.connect import hidden, refuse_shredded
from tacenda.contract import Answer
from tacenda.errands import Heard, Tidings
from tacenda.keystore import Shredded
from tacenda.seals import NOT_OPENED

ANSWER_WITHIN = timedelta(seconds=20)
_SAYS_NO = ("Refused", NOT_OPENED)


class Messenger:
    """Carries news from one case to another, under an id that their content makes."""

    def __init__(self, client: Client) -> None:
        """Take the client of the worker, which has the keys of all cases."""
        self._client = client

    @activity.defn(name="tell_linked")
    async def tell_linked(self, tidings: Tidings) -> Heard:
        """Tell a case what is new in another, and return how it took that.

        Told again, it has the same id and changes nothing. Raises `ApplicationError`, to be
        tried again, as long as the case does not answer.
        """
        digest = tidings.news.digest()
        try:
            await refuse_shredded(self._client, tidings.to)
            answer = await asyncio.wait_for(self._tell(tidings), ANSWER_WITHIN.total_seconds())
        except (Shredded, KeyMissing):
            return Heard(news=digest, refused="there is no key for it, so there is no such case")
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type in _SAYS_NO:
                return Heard(news=digest, refused=cause.message)
            raise _silent(type(cause).__name__) from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Heard(news=digest, refused="it is closed, or there is no such case")
            raise _silent(error.status.name) from None
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            raise _silent("no answer in time") from None
        if not isinstance(answer, Answer):
            raise _silent("an answer that was not encrypted for it")
        return Heard(news=digest)

    async def _tell(self, tidings: Tidings) -> object:
        handle = self._client.get_workflow_handle(tidings.to)
        return await handle.execute_update(
            tidings.news.name,
            tidings.news,
            id=hidden(self._client, f"{tidings.to}-{tidings.news.digest()}"),
            result_type=Answer,
            rpc_timeout=ANSWER_WITHIN,
        )


def _silent(how: str) -> ApplicationError:
    return ApplicationError(f"The linked case did not answer ({how}).", type="LinkedSilent")
