"""The workflow offers exactly what the contract promises its callers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio import workflow

from tacenda import contract
from tacenda.act import Act
from tacenda.attributes import WORKFLOW
from workflows.disclosure import Disclosure


def definition_of(kind: type[Any]) -> Any:
    """Return what Temporal knows of a workflow class."""
    return workflow._Definition.must_from_class(kind)


def test_the_workflow_has_the_handlers_of_the_contract() -> None:
    """Signals, updates and queries have the same names on both sides, and the same type name."""
    promised, offered = definition_of(contract.Disclosure), definition_of(Disclosure)
    assert promised.name == offered.name == WORKFLOW
    assert set(promised.updates) == set(offered.updates)
    assert set(promised.queries) == set(offered.queries)
    assert set(promised.signals) == set(offered.signals) - {None}


def test_every_handler_says_what_it_is_for() -> None:
    """The Web UI shows a description beside each signal, update and query."""
    offered = definition_of(Disclosure)
    handlers = [
        *offered.signals.values(),
        *offered.updates.values(),
        *offered.queries.values(),
    ]
    assert all(handler.description for handler in handlers)


def kinds_of_acts(kind: type[Act] = Act) -> Iterator[type[Act]]:
    """Yield every act that can be done: those that have a name."""
    for act in kind.__subclasses__():
        yield from kinds_of_acts(act)
        if "name" in vars(act):
            yield act


def test_an_update_carries_the_name_of_its_act() -> None:
    """The CLI sends an act to the update of the same name."""
    names = {act.name for act in kinds_of_acts() if act.name != contract.FIX_LANDED}
    assert names == set(definition_of(Disclosure).updates)


EXAMPLES = [
    (handler.name, example)
    for handlers in (definition_of(Disclosure).updates, definition_of(Disclosure).signals)
    for handler in handlers.values()
    if handler.name
    for example in re.findall(r"\{.*?\}(?=;|$|\.)", handler.description or "")
]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_what_the_web_ui_shows_to_type_is_an_act(name: str, example: str) -> None:
    """Each example in a description reads as the act, so that somebody can change and send it."""
    kind = next(act for act in kinds_of_acts() if act.name == name)
    assert kind.model_validate_json(example).by


def test_what_a_person_does_in_the_web_ui_has_an_example() -> None:
    """All but what other cases say, what mail says, and a policy, which nobody types."""
    told = {"linked_news", "bounced", "adopt_policy"}
    assert {name for name, _ in EXAMPLES} == {act.name for act in kinds_of_acts()} - told
