"""Many recipients rest in a history by column and compressed, and come back as they were."""

import json
import random
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tacenda.errands import Found
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.packing import MOST_PLAIN

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
domains = st.sampled_from(["example.org", "a.example", "b@odd", ""])
addresses = st.builds("{}@{}".format, texts, domains) | texts


@st.composite
def crowds(draw: st.DrawFn) -> tuple[Recipient, ...]:
    """Draw more recipients than are written plainly, with names like their addresses or not."""
    some = draw(st.lists(addresses, min_size=1, max_size=20))
    are_named = draw(st.booleans())
    audiences = draw(st.lists(st.sampled_from(Audience), min_size=1, max_size=3))
    prefixes = draw(st.lists(texts, min_size=1, max_size=3))
    return tuple(
        Recipient(
            name=f"Name {place}" if are_named else address,
            address=address,
            audience=audiences[place % len(audiences)],
            subject_prefix=prefixes[place % len(prefixes)],
        )
        for place, address in enumerate((some * MOST_PLAIN)[: MOST_PLAIN + 5])
    )


@given(crowds())
def test_what_is_packed_comes_back_as_it_was(crowd: tuple[Recipient, ...]) -> None:
    """Whatever the recipients are, all of them come back, and in their order."""
    found = Found(recipients=crowd)
    assert Found.model_validate_json(found.model_dump_json()).recipients == crowd


def test_ten_thousand_subscribers_take_less_than_a_hundred_kilobytes() -> None:
    """Addresses of random letters, which nothing makes shorter, fit into a history twice."""
    rng = random.Random(20260302)
    local_parts = ["".join(rng.choices(ascii_lowercase + digits, k=8)) for _ in range(10_000)]
    crowd = [f"{local}@mail{rng.randrange(200)}.example.org" for local in local_parts]
    recipients = tuple(Recipient(name=a, address=a, audience=Audience.USERS) for a in crowd)
    assert len(Found(recipients=recipients).model_dump_json()) < 100_000


def test_a_few_recipients_are_written_plainly() -> None:
    """A history of a few recipients can be read as it is."""
    few = tuple(
        Recipient(name=f"r{n}", address=f"r{n}@example.org", audience=Audience.USERS)
        for n in range(MOST_PLAIN)
    )
    written = json.loads(Found(recipients=few).model_dump_json())
    assert written["recipients"][0]["address"] == "r0@example.org"


@pytest.mark.parametrize("packed", ["", "AAAA", "Zm9v", 5, None])
def test_what_cannot_be_unpacked_is_refused_without_a_quotation(packed: object) -> None:
    """A damaged list of recipients is an error of one sentence, which repeats nothing of it."""
    with pytest.raises(ValidationError, match="what is packed cannot be read"):
        Found.model_validate({"recipients": {"packed": packed}})
