"""Every text that a case can be given, found by looking at the models themselves.

A field that is added later is here at once, and is secret unless `CLEAR` says why not.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from tacenda.act import Act
from tacenda.case import Case
from tacenda.contract import Opening
from tacenda.policy import Policy

CLEAR = {
    "Acknowledge.by": "who takes a case leads it, and the server lists cases by FixLead",
    "Acknowledge.lead": "FixLead, a search attribute, so that cases can be listed by it",
    "HandOff.to": "becomes FixLead once they have accepted",
    "Bounced.address": "somebody's who had a letter; that has a word of its own (Reporter.email)",
    "Returned.address": "the same",
    "Returned.letter": "made by us: the key of a letter, such as receipt",
    "Returned.status": "three numbers of a mail server",
    "Close.duplicate_of": "the id of a case",
    "LinkCase.to": "the same",
    "Link.case": "the same",
    "Leading.case": "the same",
    "LinkedNews.by": "the same",
    "LinkedNews.why": "nobody gives one: cases tell each other what is new",
    "LinkedNews.override": "the same",
    "Link.title": "a copy for a linked case of what has a word of its own (Report.title)",
    "Link.component": "the same (Report.component)",
    "Link.versions": "the same (Report.versions)",
    "Link.cves": "the same (AssignCve.cves)",
    "Link.credited": "the same (Confirm.credit)",
    "Link.marked": "the same (Report.secret, MarkSecret.words)",
    "Fix.by": "the same (FixLanded.by)",
    "Fix.refs": "the same (FixLanded.refs)",
    "Fix.versions": "the same (FixLanded.versions)",
    "Fix.mitigation": "the same (FixLanded.mitigation)",
    "Severity.vector": "the same (Score.vector)",
    "Severity.version": "three characters at most, of a standard",
    "Enclosure.sha256": "made by us from the file; its hash is looked for instead",
}
"""The texts that have no word of their own, each with the reason."""

PUBLISHED = {
    "ApproveNotice.users_told": "a person approves it for the users, to be read before the release",
    "ApproveRelease.users_told": "the same, with the release",
    "Close.users_told": "the same, where no release comes",
}
"""The texts that a letter to a public list may hold before the release; nothing else may."""

_NO_TEXT = (bool, int, float, date, datetime, AwareDatetime, time, timedelta, Enum, NoneType)
_NOT_OF_A_CASE = (Policy, Case)
"""The rules in force, from the settings; and the state, which repeats what people said."""


def texts() -> set[str]:
    """Return the name of every text that a report or an act can hold."""
    kinds: set[type[BaseModel]] = {Opening, *_kinds_of(Act)}
    return {name for kind in kinds for name in texts_of(kind)}


def _kinds_of(kind: type[Act]) -> Iterator[type[Act]]:
    """Yield the acts that people do: those that have a name."""
    if "name" in vars(kind):
        yield kind
    for below in kind.__subclasses__():
        yield from _kinds_of(below)


def texts_of(model: type[BaseModel]) -> Iterator[str]:
    """Yield the name of every text of a model, and of the models in it."""
    for name, info in model.model_fields.items():
        for leaf in _leaves(info.annotation):
            if issubclass(leaf, BaseModel):
                # A model in itself, such as an act that came with the opening, is looked at once.
                if not issubclass(leaf, (*_NOT_OF_A_CASE, Act)):
                    yield from texts_of(leaf)
            elif not issubclass(leaf, _NO_TEXT):
                yield f"{model.__name__}.{name}"


def _leaves(annotation: Any) -> Iterator[type]:
    """Yield the types that an annotation is made of; the words of a `Literal` are no text."""
    origin = get_origin(annotation)
    if origin is Literal:
        return
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin in (Union, UnionType) or isinstance(origin, type):
        for argument in get_args(annotation):
            yield from _leaves(argument)
    elif isinstance(annotation, type):
        yield annotation
