"""What stands beside a payload: whether it is encrypted, could be trusted, and under which seal.

The codec writes these marks, outside of the workflow; the workflow and the converter read
them. So this module knows no key and no cipher.
"""

from temporalio.api.common.v1 import Payload

ENCRYPTED = b"binary/encrypted"
UNREADABLE = b"binary/unreadable"
SEAL = "tacenda-seal"

NOT_OPENED = "NotOpened"
"""The type of the error of a case that could not be opened; its message quotes nothing."""


def is_encrypted(payload: Payload) -> bool:
    """Whether somebody says that the payload is encrypted."""
    return payload.metadata.get("encoding") == ENCRYPTED


def is_unreadable(payload: Payload) -> bool:
    """Whether the codec put this in the place of something that could not be trusted."""
    return payload.metadata.get("encoding") == UNREADABLE


def seal_of(payload: Payload) -> bytes:
    """Return the seal that the payload came under, different each time one is made.

    It is empty where payloads are not encrypted.
    """
    return payload.metadata.get(SEAL, b"")


def came_by_the_door(payload: Payload) -> bool:
    """Whether the codec server encrypted it, for no case in particular."""
    return seal_of(payload).startswith(b"door:")
