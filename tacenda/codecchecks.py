"""What `tacenda doctor` says of the codec server, which decodes cases in the Web UI."""

import urllib.error
import urllib.request
from collections.abc import Iterator

from tacenda.checks import Finding

WITHIN_SECONDS = 5.0


def check_codec(address: str | None) -> Iterator[Finding]:
    """Yield what is to be said of the codec server at `address`; nothing where there is none."""
    if not address:
        return
    try:
        with urllib.request.urlopen(address, timeout=WITHIN_SECONDS):  # noqa: S310 - our settings
            pass
    except urllib.error.HTTPError:
        pass  # it answers, and asks who we are
    except (OSError, ValueError) as error:
        yield Finding(
            part="codec",
            status="warning",
            says=f"The codec server at {address} does not answer ({type(error).__name__}): the Web "
            "UI shows only ciphertext.",
            mend="`tacenda up`, or tacenda codec beside your own Web UI.",
        )
        return
    yield Finding(part="codec", status="ok", says=f"The codec server at {address} answers.")
