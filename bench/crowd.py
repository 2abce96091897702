"""Ten thousand people who asked to hear of fixes: addresses as varied as real ones are.

They are drawn at random from a fixed seed, so every run has the same. Numbered addresses of
one pattern would compress to almost nothing, and a history would look smaller than it gets.
"""

import random
from collections.abc import Sequence

SEED = 20260302
DOMAINS = 300
_FIRST = ("anna", "ben", "chloe", "dmitri", "elif", "farid", "grace", "hana", "ivo", "kofi", "lena")
_LAST = ("abara", "berg", "cohen", "diaz", "egede", "fujita", "gupta", "holm", "jansen", "moreau")
_SYLLABLES = ("ba", "cor", "den", "fi", "gal", "hum", "ist", "jo", "ka", "lum", "mer", "nox", "or")
_ENDS = ("com", "org", "net", "io", "de", "co.uk", "fr", "com.br", "jp", "edu")


def addresses(count: int) -> list[str]:
    """Return that many different addresses at some hundred domains, a few of them large."""
    rng = random.Random(SEED)
    domains = [_domain(rng) for _ in range(DOMAINS)]
    sizes = [1 / (place + 1) for place in range(DOMAINS)]
    found: dict[str, None] = {}
    while len(found) < count:
        domain = rng.choices(domains, sizes)[0]
        found[f"{_local_part(rng)}@{domain}"] = None
    return list(found)


def _domain(rng: random.Random) -> str:
    words = "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))
    return f"{words}{rng.choice(('', '', '-soft', '-labs'))}.{rng.choice(_ENDS)}"


def _local_part(rng: random.Random) -> str:
    """Return a name, initials, a word with a number, or letters that mean nothing."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    letters = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=rng.randint(5, 12)))
    styles = (
        f"{first}.{last}{rng.randrange(1000)}",
        f"{first[0]}{last}{rng.randrange(10_000)}",
        f"{_word(rng)}.{_word(rng)}",
        f"sec-{_word(rng)}+{letters[:4]}",
        letters,
    )
    return rng.choice(styles)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=3))


def as_toml(texts: Sequence[str]) -> str:
    """Return texts that hold no quotation mark as an array in TOML, one a line."""
    lines = "".join(f'    "{text}",\n' for text in texts)
    return f"[\n{lines}]"
