"""What a mail server's words say about when to come again, and how long the pauses are."""

from datetime import timedelta

import pytest

from activities.answers import Pace, wish_in

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 Greylisted for 300 seconds", 300),
        ("4.7.1 Recipient address rejected: Greylisted for 5 minutes", 300),
        ("4.7.1 try again in 5 minutes", 300),
        ("Greylisting in action, please come back in 00:04:59", 299),
        ("retry after 60s", 60),
        ("come back in one moment, or in 1 hour", 3600),
        ("Please try again in\n10 min.", 600),
        ("4.7.0 Greylisted, retry=120", 120),
        ("Too many letters (100 per 60 minutes), retry in 2 HOURS", 7200),
        ("4.7.1 Greylisted, see http://postgrey.example/help/one.example.html", None),
        ("4.2.0 10.20.30.40 is greylisted", None),
        ("4.3.2 try again later", None),
        ("4.7.1 at 12:30 try again", None),
        ("", None),
        ("9" * 5000 + " seconds", None),
    ],
)
def test_a_wish_is_read_from_the_words_of_the_server(text: str, seconds: int | None) -> None:
    """Seconds, minutes, hours and a clock are understood; an address is no time."""
    assert wish_in(text) == (None if seconds is None else timedelta(seconds=seconds))


def test_pauses_grow_to_an_hour() -> None:
    """Without a wish the pause doubles with each attempt; a longer setting is kept."""
    pauses = [Pace(attempt, MINUTE).after(None) for attempt in (0, 1, 2, 3, 6, 7, 8, 10_000)]
    assert [pause // MINUTE for pause in pauses] == [1, 1, 2, 4, 32, 60, 60, 60]
    assert Pace(5, timedelta(hours=2)).after(None) == timedelta(hours=2)


def test_a_wish_is_kept_within_reason() -> None:
    """A server is not asked again sooner than the setting says, nor after more than four hours."""
    pace = Pace(7, MINUTE)
    wishes = [timedelta(), timedelta(minutes=5), timedelta(days=365)]
    assert [pace.after(wish) for wish in wishes] == [MINUTE, wishes[1], timedelta(hours=4)]


def test_after_an_outage_a_letter_is_tried_within_a_minute() -> None:
    """A second, doubling up to a minute, however often it was tried."""
    pauses = [Pace(attempt, MINUTE).after_outage for attempt in (1, 2, 7, 10_000)]
    assert [pause.total_seconds() for pause in pauses] == [1, 2, 60, 60]
