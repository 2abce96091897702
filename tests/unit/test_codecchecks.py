"""What `doctor` says of the codec server: it answers, or the Web UI shows only ciphertext."""

from tacenda.codecchecks import check_codec
from tests.e2e.programs import free_port


def test_a_codec_server_that_is_away_is_named() -> None:
    """With what mends it; where none is named there is nothing to say."""
    assert list(check_codec(None)) == []
    [finding] = check_codec(f"http://127.0.0.1:{free_port()}")
    assert finding.status == "warning"
    assert "only ciphertext" in finding.says
    assert "tacenda up" in finding.mend
