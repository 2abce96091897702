"""Proofs of the letters: what is wrong in a template, found before it is needed.

A template is read, so that a name in a branch that is seldom taken counts like any other, and
it is filled in many variations of the facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacenda.appointments import Appointment, Appointments
from tacenda.dutyfacts import DutyFacts
from tacenda.errors import BadInput
from tacenda.facts import Facts, LinkedFacts, StepFacts, TurnFacts
from tacenda.filings import Duty
from tacenda.models import Audience, Band, CloseReason, Kind, State, Step
from tacenda.notices import render, usable
from tacenda.prose import Part, environment_of

if TYPE_CHECKING:
    from jinja2 import nodes

    from tacenda.sandbox import Sandbox

_SHARED = ("shared", "regulator", "handling", "early_warning", "notification", "final_report")
_ALWAYS = ("case_id", "state", "now", "received", "acknowledge_by", "vendors_by")
_SAMPLE = "a sample"
_VALUES: dict[str, tuple[str, ...]] = {
    "state": tuple(state.label for state in State),
    "audience": (Audience.USERS.value, Audience.VENDORS.value),
    "close_reason": tuple(reason.value for reason in CloseReason),
    "band": tuple(band.value for band in Band),
    "duty_word": tuple(duty.word for duty in Duty),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: in which file, in which line (0: in the file), and what."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.what}"


def faults_of(kind: Kind, facts: Facts, folder: Path | None = None) -> tuple[Fault, ...]:
    """Return what is wrong in the template of `kind`; `facts` are any, to be varied.

    Raises `BadInput` when `folder` is not there.
    """
    environment = environment_of(folder)
    found = {
        fault: None
        for part in Part
        for fault in _read(environment, f"{kind}.txt#{part}", usable(kind, part), set())
    }
    return tuple(found) or tuple(_filled(kind, facts, folder))


def strays(folder: Path) -> tuple[str, ...]:
    """Return the files in `folder` that are no letter, and that no letter there names."""
    letters = {f"{kind}.txt" for kind in Kind}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")}
    texts = [_text(folder / name) for name in sorted(present)]
    return tuple(
        name
        for name in sorted(present - letters)
        if name not in {f"_{part}.txt" for part in _SHARED}
        and not any(name in text for text in texts)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _read(
    environment: "Sandbox", name: str, allowed: frozenset[str], seen: set[tuple[str, bool]]
) -> Iterator[Fault]:
    """Yield the faults that can be read in a template, and in those that it names."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes

    if (name, bool(allowed)) in seen:
        return
    seen.add((name, bool(allowed)))
    file = name.partition("#")[0]
    try:
        tree = environment.parse(_source(environment, name))
    except TemplateNotFound:
        yield Fault(file, 0, "there is no such template")
        return
    except BadInput as error:
        yield Fault(file, 1, str(error))
        return
    except (OSError, UnicodeDecodeError):
        yield Fault(file, 0, "cannot be read as UTF-8 text")
        return
    except TemplateSyntaxError as error:
        yield Fault(file, error.lineno, "is no template from here on")
        return
    yield from _names(environment, tree, file, allowed)
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        knows = getattr(node, "with_context", True)
        for other in _named(node.template):  # type: ignore[attr-defined]
            yield from _read(environment, other, allowed if knows else frozenset(), seen)
            if isinstance(node, nodes.FromImport):
                yield from _imports(environment, node, file, other)


def _source(environment: "Sandbox", name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _named(template: "nodes.Expr") -> Iterator[str]:
    """Yield the names of templates in a tag; one that is made up at run time cannot be read."""
    from jinja2 import nodes

    if isinstance(template, nodes.Const) and isinstance(template.value, str):
        yield template.value
    elif isinstance(template, nodes.List | nodes.Tuple):
        for item in template.items:
            yield from _named(item)


def _names(
    environment: "Sandbox", tree: "nodes.Template", file: str, allowed: frozenset[str]
) -> Iterator[Fault]:
    """Yield the names in a template that nobody supplies: facts, filters and tests."""
    from jinja2 import TemplateAssertionError, nodes
    from jinja2.meta import find_undeclared_variables

    known = {"filter": environment.filters, "test": environment.tests}
    unknown = [
        Fault(file, node.lineno, f"there is no {what} {node.name}")
        for what, sort in (("filter", nodes.Filter), ("test", nodes.Test))
        for node in tree.find_all(sort)
        if node.name not in known[what]
    ]
    if unknown:
        yield from unknown
        return
    try:
        used = find_undeclared_variables(tree) - environment.globals.keys()
    except TemplateAssertionError as error:
        yield Fault(file, error.lineno, "is no template from here on")
        return
    may_use = f"It may use {', '.join(sorted(allowed))}." if allowed else "It gets no facts."
    for name in sorted(used - allowed):
        lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
        what = f"uses what its letter has not, or may not say: {name}. {may_use}"
        yield Fault(file, min(lines, default=0), what)


def _imports(
    environment: "Sandbox", node: "nodes.FromImport", file: str, other: str
) -> Iterator[Fault]:
    """Yield the names that a template imports and that the `other` one has not."""
    from jinja2 import TemplateError, nodes

    try:
        tree = environment.parse(_source(environment, other))
    except (TemplateError, OSError, UnicodeDecodeError):
        return  # said already
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    there = macros | {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for names in node.names:
        name = names if isinstance(names, str) else names[0]
        if name not in there:
            yield Fault(file, node.lineno, f"{other} has no {name}")


def _filled(kind: Kind, facts: Facts, folder: Path | None) -> Iterator[Fault]:
    """Yield the first fault that only shows when the letter is filled in."""
    for variation in variations(facts, usable(kind, Part.BODY)):
        try:
            render(kind, variation, folder)
        except BadInput as error:
            yield Fault(f"{kind}.txt", 0, str(error))
            return


def variations(facts: Facts, used: frozenset[str]) -> Iterator[Facts]:
    """Yield facts that are all there, all absent, and each of `used` otherwise than the rest."""
    names = list(Facts.model_fields)
    full = {name: _present(name, getattr(facts, name), facts.now) for name in names}
    bare = {name: _absent(name, getattr(facts, name)) for name in names}
    for most, other in ((full, bare), (bare, full)):
        yield facts.model_copy(update=most)
        for name in sorted(used):
            for value in (other[name], *_VALUES.get(name, ())):
                yield facts.model_copy(update={**most, name: value})
        if "about" in used:
            yield from (facts.model_copy(update={**most, "about": (s.label,)}) for s in Step)
        if "steps" in used:
            yield from (
                facts.model_copy(update={**most, "steps": _steps(facts, *how)})
                for how in ((True, True), (True, False), (False, True), (False, False))
            )


def _present(name: str, value: Any, now: datetime) -> Any:
    """Return a fact as it is where there is one."""
    there: dict[str, Any] = {
        **{of: values[0] for of, values in _VALUES.items()},
        "every": timedelta(days=1),
        "score": 7.5,
        "about": (Step.FIX.label, Step.RELEASE.label),
        "steps": value,
        "turns": (_turn(now), _turn(now)),
        "duties": tuple(_duty(duty, now) for duty in Duty),
        "after_fix": timedelta(days=14),
        "calendar": (_appointments(now),),
        "linked": (_linked(full=True), _linked(full=False)),
    }
    if isinstance(value, bool) or name in there:
        return there.get(name, True)
    if isinstance(value, tuple):
        return (_SAMPLE, f"{_SAMPLE} too")
    return now + timedelta(days=3) if value is None else value or _SAMPLE


def _turn(now: datetime) -> TurnFacts:
    moved = (Step.RELEASE.label, now, now + timedelta(days=3))
    return TurnFacts(by=_SAMPLE, what=_SAMPLE, why=_SAMPLE, limits=(moved,))


def _duty(duty: Duty, now: datetime) -> DutyFacts:
    limit = None if duty is Duty.USERS_INFORMED else now + timedelta(days=1)
    return DutyFacts(name=duty.label, word=duty.word, limit=limit, open=True, done_at=None)


def _appointments(now: datetime) -> Appointments:
    changes = (
        Appointment(step=step, at=now + timedelta(days=3), sequence=1, gone=gone)
        for step in (Step.FIX, None)
        for gone in (False, True)
    )
    return Appointments(names=(_SAMPLE,), changes=tuple(changes))


def _linked(*, full: bool) -> LinkedFacts:
    """Return one more flaw of a release: one of which all is known, or no more than its title."""
    some, several = (_SAMPLE, (_SAMPLE, f"{_SAMPLE} too")) if full else ("", ())
    return LinkedFacts(
        title=_SAMPLE,
        component=some,
        versions=some,
        band=Band.HIGH if full else "",
        score=7.5 if full else None,
        vector=some,
        cves=several,
        fix_refs=several,
        fix_versions=several,
        mitigation=some,
        unfixed=not full,
    )


def _absent(name: str, value: Any) -> Any:
    """Return a fact as it is where there is none."""
    if name in _ALWAYS or name == "steps":
        return value
    if isinstance(value, bool):
        return False
    return type(value)() if isinstance(value, str | tuple) else None


def _steps(facts: Facts, done: bool, dated: bool) -> tuple[StepFacts, ...]:
    """Return the steps, all done (by an act, or without) or all open (overdue, or not)."""
    update = {
        "done": done,
        "done_at": facts.now if done and dated else None,
        "overdue": not done and dated,
        "limit": facts.now + timedelta(days=-1 if dated else 1),
    }
    return tuple(step.model_copy(update=update) for step in facts.steps)
