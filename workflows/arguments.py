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

V = TypeVar("V", bound=Value)


def read_argument(arguments: Sequence[Any], kind: type[V]) -> V:
    """Return the one argument as a `kind`.

    Raises `Refused` when there is none, more than one, or one that is too large, in a
    foreign format, or not a `kind`.
    """
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


def _complaint(error: ValidationError) -> str:
    """Name what is wrong, but not a key that the caller made up."""
    if any(found["type"] == "extra_forbidden" for found in error.errors()):
        return "Its argument has a key that is not known."
    return f"Its argument is not right: {complaint_of(error)}."
