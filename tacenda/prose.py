"""How a letter is set: its template filled with plain data, in a sandbox.

Instants, durations, lists and paragraphs are written here, the same way in every letter.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tacenda.errors import BadInput
from tacenda.fields import moment
from tacenda.models import DAY

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.loaders import FileSystemLoader

    from tacenda.sandbox import Sandbox

WIDTH = 76
_SLOT = re.compile(r"<[a-z][^<>@/\s]*\s[^<>@/]*>")
_UNBROKEN = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    r"|tacenda [a-z]+(?: (?:case-[\w-]+|--[a-z-]+|[A-Z]+|users|vendors|reporter|fix)\b)+"
)


class Part(StrEnum):
    """The two parts of a template: its first line, and the text after an empty line."""

    SUBJECT = "subject"
    BODY = "body"


def fill(file: str, part: Part, known: dict[str, Any], folder: Path | None = None) -> str:
    """Return a part of the template `file`, ours or the one in `folder`, filled with `known`.

    Raises `BadInput`, which quotes nothing that is known, when that cannot be done.
    """
    from jinja2 import TemplateSyntaxError, UndefinedError

    from tacenda.sandbox import TooMuch

    environment = environment_of(folder)
    try:
        return environment.fill(f"{file}#{part}", {name: plain(it) for name, it in known.items()})
    except BadInput:
        raise
    except UndefinedError:
        missing = _missing(environment, f"{file}#{part}", known) or ["part of a fact"]
        raise BadInput(
            f"The {part} of the template {file} uses what this letter has not, or may not say: "
            f"{', '.join(missing)}. It may use {', '.join(sorted(known))}."
        ) from None
    except TooMuch:
        raise BadInput(
            f"The {part} of the template {file} asks for too much: too many turns of a loop, too "
            "large a number, or too long a text."
        ) from None
    except TemplateSyntaxError as error:
        where = (error.name or file).partition("#")[0]
        raise BadInput(
            f"The {part} of {file} is no template: see line {error.lineno} of {where}."
        ) from None
    except Exception as error:  # a team's template can fail in any way, and quote a fact in it
        raise BadInput(
            f"The {part} of the template {file} cannot be filled in: {type(error).__name__}."
        ) from None


def plain(value: Any) -> Any:
    """Return `value` as what a template may hold: text, numbers, instants, and lists of them.

    An enum becomes its text; what is of no such kind is refused, since it could be called.
    """
    if value is None or type(value) in (bool, int, float, datetime, timedelta):
        return value
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else str(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(it) for name, it in value.items()}
    if isinstance(value, list | tuple):
        return [plain(it) for it in value]
    raise TypeError


def placeholders(text: str) -> tuple[str, ...]:
    """Return the places in a draft that a person must still fill in, such as `<versions>`."""
    return tuple(" ".join(found.split()) for found in _SLOT.findall(text))


@lru_cache(maxsize=8)
def environment_of(folder: Path | None) -> "Sandbox":
    """Return where the templates of `folder`, and ours, are filled."""
    # Jinja2 costs a tenth of a second to import; the workflow and most commands never render.
    from jinja2 import FileSystemLoader, FunctionLoader

    from tacenda.sandbox import Sandbox

    if folder is not None and not folder.is_dir():
        raise BadInput(f"There is no folder {folder}. Correct `templates` in [mail].")
    packaged = Path(__file__).parent / "templates"
    files = FileSystemLoader([folder, packaged] if folder else [packaged])
    environment = Sandbox()
    environment.loader = FunctionLoader(lambda name: _load(environment, files, name))
    environment.add_filters(
        {
            "moment": moment,
            "stamp": _stamp,
            "later": _later,
            "span": span,
            "listed": _listed,
            "wrap": _wrap,
            "block": _block,
        }
    )
    return environment


def _load(
    environment: "Environment", files: "FileSystemLoader", name: str
) -> tuple[str, str | None, Callable[[], bool] | None]:
    """Load one part of a letter as a template of its own.

    Apart, no fact can turn the end of a subject into the beginning of a text.
    """
    file, _, part = name.partition("#")
    source, path, is_current = files.get_source(environment, file)
    if not part:
        return source, path, is_current
    head, _, body = source.partition("\n")
    word, _, subject = head.partition(":")
    if word != "Subject" or body.partition("\n")[0].strip():
        raise BadInput(f"{path} must begin with a line `Subject: ...` and an empty line.")
    return (subject if part == Part.SUBJECT else "\n" + body), path, is_current


def _missing(environment: "Environment", name: str, known: dict[str, Any]) -> list[str]:
    """Return the names that stand in the template itself and that nobody supplies."""
    from jinja2.meta import find_undeclared_variables

    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    used = find_undeclared_variables(environment.parse(source))
    return sorted(used - known.keys() - environment.globals.keys())


def _stamp(at: datetime) -> str:
    """Write an instant as a command takes it."""
    return f"{at:%Y-%m-%dT%H:%MZ}"


def _later(at: datetime, days: int) -> datetime:
    return at + days * DAY


def span(duration: timedelta) -> str:
    """Write a duration as a person says it, rounded once it is long."""
    minutes = round(duration.total_seconds() / 60)
    if minutes >= 72 * 60 or (minutes and minutes % 2880 == 0):
        return _count(round(minutes / 1440), "day")
    if minutes >= 120 or minutes == 60:
        return _count(round(minutes / 60), "hour")
    return _count(minutes, "minute")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _listed(items: Iterable[str]) -> str:
    *before, last = [*items] or [""]
    return f"{', '.join(before)} and {last}" if before else last


def _wrap(text: str, indent: int = 0) -> str:
    """Fold one paragraph that begins in column `indent`; no instant or command is torn."""
    kept = _UNBROKEN.sub(lambda found: found[0].replace(" ", "\0"), " ".join(text.split()))
    lines = wrap(kept, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    folded = ("\n" + " " * indent).join(lines).replace("\0", " ")
    return folded + "\n" if text.endswith("\n") else folded


def _block(text: str, indent: int = 0) -> str:
    """Keep the lines of a text that somebody laid out, and fold those that are too long.

    A line that is indented is an example or a command and stays as it is.
    """
    lines = re.sub(r"\n\s*\n", "\n\n", text.strip("\n").rstrip()).splitlines()
    return "\n".join((" " * indent + _folded(line, indent)).rstrip() for line in lines)


def _folded(line: str, indent: int) -> str:
    fits = len(line) <= WIDTH - indent or line[0].isspace()
    return line if fits else _wrap(line, indent)
