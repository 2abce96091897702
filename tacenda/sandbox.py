"""The sandbox in which templates are filled: it bounds what one may cost, in turns and in size.

A template of a team is trusted to word a letter, and with nothing else. Without the bounds a
slip in one (a loop in a loop, a repetition of millions) would stop every letter of a worker.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import wraps
from math import prod
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_TURNS = 20_000
MOST_CHARACTERS = 1024 * 1024
LARGEST_NUMBER = 10_000
LARGEST_MAKING = 16 * 1024 * 1024
GLOBALS = ("range", "dict")
# They reach for attributes by name, or make things up that no letter needs.
_NO_FILTERS = ("attr", "pprint", "random", "tojson", "xmlattr", "urlize", "batch", "slice")
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4})|\{[^{}]*\d{4}[^{}]*\}")
_METER = "metered"


class TooMuch(Exception):
    """A template asks for more than any letter needs; its message quotes nothing."""


class _Allowance:
    """What is left to one filling."""

    def __init__(self) -> None:
        self.turns = MOST_TURNS
        self.characters = MOST_CHARACTERS

    def turn(self) -> None:
        """Spend one turn of a loop, or one call."""
        self.turns -= 1
        if self.turns < 0:
            raise TooMuch

    def write(self, value: Any) -> Any:
        """Spend the characters of what is written, and return it."""
        if isinstance(value, str):
            self.characters -= len(value)
            if self.characters < 0:
                raise TooMuch
        return value


_allowance: ContextVar[_Allowance] = ContextVar("allowance")


def _written(value: Any) -> Any:
    return _allowance.get().write(value)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's own sandbox, with nothing global but `range` and `dict`, and with bounds."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        """Set the rules of our letters: strict, plain text, no blank lines from tags."""
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            finalize=_written,
        )
        self.globals = {name: self.globals[name] for name in GLOBALS}
        self.add_filters(
            {name: it for name, it in self.filters.items() if name not in _NO_FILTERS}, anew=True
        )
        self.filters[_METER] = _metered

    def add_filters(self, filters: dict[str, Callable[..., Any]], *, anew: bool = False) -> None:
        """Add filters, each bounded; `anew` takes all others away."""
        bounded = {name: _bounded(name, it) for name, it in filters.items()}
        self.filters = bounded if anew else {**self.filters, **bounded}

    def fill(self, name: str, known: dict[str, Any]) -> str:
        """Return the template `name` filled with `known`. Raises `TooMuch`, or as Jinja2 does."""
        token = _allowance.set(_Allowance())
        try:
            return self.get_template(name).render(known)
        finally:
            _allowance.reset(token)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Carry out `*`, `**` and `%`, unless the result would be huge."""
        if operator == "%":
            _check_format(left)
        elif operator == "**":
            _check_size(left, right)
        elif prod(len(it) if hasattr(it, "__len__") else 1 + abs(it) for it in (left, right)) > (
            LARGEST_MAKING
        ):
            raise TooMuch
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call what a template calls, as one turn, unless what it gets is huge."""
        _allowance.get().turn()
        # Jinja2 wraps `str.format` and `str.format_map`, and nothing else.
        subject = getattr(getattr(__obj, "__wrapped__", __obj), "__self__", None)
        if hasattr(__obj, "__wrapped__"):
            _check_format(subject)
        _check_size(subject, *args, *kwargs.values())
        return super().call(__context, __obj, *args, **kwargs)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        """Compile a template whose every loop counts its turns."""
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(
                loop.iter, _METER, [], [], None, None, lineno=loop.lineno, environment=self
            )
        return super()._generate(source, *args, **kwargs)


def _metered(items: Iterable[Any]) -> Iterator[Any]:
    allowance = _allowance.get()
    for item in items:
        allowance.turn()
        yield item


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that counts as a turn, and refuses what would make something huge."""

    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        _allowance.get().turn()
        if name == "format":
            _check_format(args[0])
        _check_size(*args, *kwargs.values())
        return function(*args, **kwargs)

    return bounded


def _check_format(text: Any) -> None:
    if isinstance(text, str) and _WIDE.search(text):
        raise TooMuch


def _check_size(*values: Any) -> None:
    """Raise `TooMuch` for a large number, and for texts and lists that could multiply."""
    if any(isinstance(it, int | float) and abs(it) > LARGEST_NUMBER for it in values):
        raise TooMuch
    if prod(len(it) or 1 for it in values if isinstance(it, str | list | tuple | range)) > (
        LARGEST_MAKING
    ):
        raise TooMuch
