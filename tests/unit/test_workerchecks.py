"""What `doctor` says of workers: their versions, and the clock of the server."""

from datetime import timedelta

import pytest

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


@pytest.mark.parametrize(
    ("seconds", "way"), [(300, "300 seconds ahead of"), (-300, "300 seconds behind")]
)
def test_a_server_whose_clock_is_wrong_is_named(seconds: int, way: str) -> None:
    """In which direction, and by how much; what it takes to ask is nothing to say."""
    now = after(0)

    [slow] = _clock(now + timedelta(seconds=seconds / 30), now)
    assert slow.status == "ok"
    assert _clock(None, now) == []
    [finding] = _clock(now + timedelta(seconds=seconds), now)
    assert f"The server's clock is {way} that of this machine" in finding.says
    assert finding.status == "warning"
