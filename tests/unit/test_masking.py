"""No value shows what it holds: not when it is printed, formatted, or refused."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import activities
import tacenda
import workflows
from activities.envelope import Stationery
from activities.headers import Mailbox
from activities.parts import text_part
from tacenda.acts import FixLanded
from tacenda.enclosures import Attachment
from tacenda.errands import Found, Letter
from tacenda.facts import facts_of
from tacenda.fields import Typed, Value
from tacenda.letters import Recipient
from tacenda.mailparts import taken_apart
from tacenda.models import Audience, Kind, Step
from tacenda.settings import Settings
from tacenda.tables import Mail
from tests.builders import a_case, after, fixed, leak, notice
from tests.unit.story import Story
from workflows.arguments import _complaint

CANARY = "overflow-in-the-parser"
SHAPES: list[Any] = [
    CANARY,
    CANARY.encode(),
    (CANARY, (CANARY,)),
    [CANARY],
    {CANARY: {CANARY: CANARY}},
    frozenset({CANARY}),
    type("Word", (str,), {})(CANARY),
    Path(CANARY),
    ValueError(CANARY),
]


def every_value() -> Iterator[type[Value]]:
    """Yield every class of values that there is."""
    for package in (tacenda, activities, workflows):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("tacenda.application"):
                importlib.import_module(module.name)
    waiting: list[type[Value]] = [Value]
    while waiting:
        waiting += (kind := waiting.pop()).__subclasses__()
        if kind.__module__.partition(".")[0] in ("tacenda", "activities", "workflows"):
            yield kind


VALUES = sorted(set(every_value()) - {Value, Typed}, key=lambda kind: kind.__qualname__)


def shown(value: object) -> str:
    """Return all that a program can show of a value without asking for a part of it."""
    return "".join((repr(value), str(value), f"{value}", f"{value!r}"))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_no_value_shows_a_text_that_it_holds(shape: Any) -> None:
    """Whichever class of ours, whichever of its fields, and whatever holds the text there."""
    assert len(VALUES) > 40
    for kind in VALUES:
        value = kind.model_construct(**dict.fromkeys(kind.model_fields, shape))
        assert CANARY not in shown(value), kind
        assert CANARY not in shown([value, {"it": value}]), kind
        assert shown(value).startswith(kind.__name__)


def test_every_model_is_such_a_value() -> None:
    """A class that were only pydantic's would show all; the settings hold values of ours."""
    list(every_value())
    others = {
        kind.__name__
        for kind in _subclasses(BaseModel)
        if kind.__module__.partition(".")[0] in ("tacenda", "activities", "workflows")
        and not issubclass(kind, Value)
    }

    assert others <= {"Settings"}


def _subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)


def test_what_a_person_needs_to_tell_values_apart_is_shown() -> None:
    """Numbers, instants, kinds, the case id, and how long a text is."""
    case = a_case(title=CANARY, details="x" * 500)

    assert "id='case-2026-7k3q9xm4tp'" in repr(case)
    assert f"title=<{len(CANARY)} characters>" in repr(case)
    assert "details=<500 characters>" in repr(case)
    assert "received=datetime.datetime(2026, 3, 2, 9, 0" in repr(case)
    assert repr(Attachment.of("a", b"12")) == "Attachment(name=<1 characters>, content=<2 bytes>)"
    assert "Step.USER_NOTICE" in repr((*facts_of(case, after(1)).steps, Step.USER_NOTICE))


def test_a_whole_case_and_a_letter_of_it_show_nothing() -> None:
    """A case with a fix, a leak, a notice and files, its facts, and the letter on its way."""
    reporter = {"name": CANARY, "email": f"{CANARY}@example.org", "credit": CANARY}
    story = Story(a_case(title=CANARY, component=CANARY, details=CANARY, reporter=reporter))
    story.do(
        fixed(f"https://example.org/{CANARY}", versions=(CANARY,), mitigation=CANARY, by=CANARY),
        leak(CANARY, by=CANARY),
        notice(Audience.REPORTER, CANARY, by=CANARY),
    )
    letter = Letter(
        kind=Kind.REPORTER_UPDATE,
        key="reporter_update.1",
        text=CANARY,
        recipients=(Recipient(name=CANARY, address=CANARY, audience=Audience.REPORTER),),
        facts=facts_of(story.case, after(1)),
        attachments=(Attachment.of(CANARY, CANARY.encode()),),
    )
    sender = Mailbox.of(f"{CANARY}@example.org", CANARY)
    stationery = Stationery(letter, sender, CANARY, CANARY)
    to = Recipient(name="", address=f"{CANARY}@example.org", audience=Audience.REPORTER)

    assert story.case.report.title == CANARY
    for value in (story.case, letter, sender, stationery, stationery.to(to), text_part(CANARY)):
        assert CANARY not in shown(value)


def test_a_mail_that_came_in_shows_nothing() -> None:
    """Neither its text nor its files."""
    assert CANARY not in shown(taken_apart(f"Subject: {CANARY}\n\n{CANARY}\n".encode()))


def test_settings_show_no_password_and_no_address() -> None:
    """Whatever prints them."""
    mail = Mail(host="localhost", security="none", username=CANARY, password=CANARY)
    settings = Settings.model_validate({"team": {"address": f"{CANARY}@example.org"}, "mail": mail})

    assert settings.mail.secret() == CANARY
    assert CANARY not in shown(settings)


def test_what_a_value_refuses_is_not_repeated() -> None:
    """Neither in the text of the error, nor in its arguments, for any class and any field."""
    shapes = (CANARY, {"x": CANARY}, 1.5, [CANARY], datetime(1, 1, 1, tzinfo=UTC))
    refused = [error for kind in VALUES for shape in shapes if (error := _refusal(kind, shape))]

    assert len(refused) > 100
    assert not [error for error in refused if CANARY in shown(error) + repr(error.args)]


def _refusal(kind: type[Value], shape: Any) -> ValidationError | None:
    try:
        kind.model_validate(dict.fromkeys(kind.model_fields, shape))
    except ValidationError as error:
        return error
    return None


def test_a_key_that_a_caller_made_up_is_not_repeated() -> None:
    """Wherever among the things that are wrong it stands."""
    for sent in ({CANARY: 1}, {"refs": 1, CANARY: 1}, {CANARY: 1, "refs": 1, "versions": 2}):
        refused = _refused(FixLanded, sent)
        assert CANARY not in _complaint(refused)


def _refused(kind: type[Value], sent: dict[str, Any]) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(sent)
    return refused.value


def test_a_value_of_thousands_shows_a_few_and_how_many_more() -> None:
    """What asyncio and others print in passing stays short, however many a letter is for."""
    who = Recipient(name="users", address="users@example.org", audience=Audience.USERS)
    shown = repr(Found(recipients=(who,) * 10_000))
    assert "<9980 more>" in shown
    assert len(shown) < 4_000
