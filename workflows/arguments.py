"""Arguments that callers send: read leniently, refused in words that quote nothing."""

from collections.abc import Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from tacenda.contract import MAX_ARGUMENT_BYTES
    from tacenda.errors import Refused
    from tacenda.fields import Value, complaint_of
    from tacenda.seals import came_by_the_door, is_unreadable, seal_of

V = TypeVar("V", bound=Value)


class NotTrusted(Refused):
    """What came was not encrypted for this case, was changed, or is a copy of what came before.

    Nobody can say who sent it, so it is recorded and told, and not only refused.
    """


class Arguments:
    """Reads what callers send to one case, and knows the seals that it has seen."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: set[bytes] = set()

    def read(self, arguments: Sequence[Any], kind: type[V]) -> V:
        """Return the one argument as a `kind`.

        Raises `NotTrusted` for one that has no seal of this case or is a copy of an earlier
        one, and `Refused` when there is none, more than one, or one that is too large, in a
        foreign format, or not a `kind`.
        """
        return read_argument(self._only_new(arguments), kind)

    def use_up(self, arguments: Sequence[Any]) -> None:
        """Remember what was acted on: whoever sends its bytes again repeats no act."""
        self._seen.update(seal for argument in arguments if (seal := _seal(argument)))

    def _only_new(self, arguments: Sequence[Any]) -> Sequence[Any]:
        if any(_seal(argument) in self._seen for argument in arguments):
            raise NotTrusted("It is a copy of something that came before.")
        return arguments


def read_argument(arguments: Sequence[Any], kind: type[V], *, by_the_door: bool = True) -> V:
    """Return the one argument as a `kind`; see `Arguments.read`.

    What the codec server encrypted came `by_the_door`, which is not for everything.
    """
    if any(_is_strange(argument, by_the_door=by_the_door) for argument in arguments):
        raise NotTrusted(
            "It was not encrypted with a key of this case, or was changed on the way. Act with "
            "the tacenda command, or through the codec server. If one of you sent it in the "
            "clear, that is how it lies in Temporal."
        )
    if len(arguments) != 1:
        raise Refused(f"It came with {len(arguments) or 'no'} arguments instead of one.")
    argument = arguments[0]
    assert isinstance(argument, RawValue)
    if len(argument.payload.data) > MAX_ARGUMENT_BYTES:
        raise Refused(f"Its argument is larger than {MAX_ARGUMENT_BYTES // 1024} kB.")
    try:
        value: V = workflow.payload_converter().from_payload(argument.payload, kind)
    except ValidationError as error:
        raise Refused(_complaint(error)) from None
    except Exception:
        raise Refused("Its argument is in a format that cannot be read.") from None
    if not isinstance(value, kind):
        raise Refused("Its argument is in a format that cannot be read.")
    return value


def has_seal(arguments: Sequence[Any]) -> bool:
    """Whether the arguments came encrypted."""
    return all(_seal(argument) for argument in arguments)


def _is_strange(argument: Any, *, by_the_door: bool) -> bool:
    payload = argument.payload
    return is_unreadable(payload) or (came_by_the_door(payload) and not by_the_door)


def _seal(argument: Any) -> bytes:
    return seal_of(argument.payload)


def _complaint(error: ValidationError) -> str:
    """Name what is wrong, but not a key that the caller made up."""
    if any(found["type"] == "extra_forbidden" for found in error.errors()):
        return "Its argument has a key that is not known."
    return f"Its argument is not right: {complaint_of(error)}."
