"""What `doctor` says of workers: their versions, and the clock of the server."""

from datetime import timedelta

from tacenda import __version__
from tacenda.workerchecks import _clock, _versions, name_of
from tests.builders import after


def test_a_worker_of_another_version_is_named() -> None:
    """One of ours says nothing, and so does somebody whose name tells no version."""
    ours = name_of(1, "host")

    assert _versions({ours, "17@elsewhere"}) == []
    [finding] = _versions({ours, "tacenda-0.5.0/17@elsewhere"})
    assert "0.5.0" in finding.says
    assert __version__ in finding.says
    assert finding.status == "warning"


def test_a_server_whose_clock_is_ahead_is_named() -> None:
    """By when it says that a worker asked last; what lies in the past is nothing to say."""
    now = after(0)

    assert _clock(None, now) == _clock(now - timedelta(hours=1), now) == []
    [finding] = _clock(now + timedelta(minutes=5), now)
    assert "300 seconds ahead" in finding.says
