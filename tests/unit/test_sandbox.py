"""What a template must not be able to do: reach out, or use up the worker."""

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from time import process_time

import pytest

from tacenda.errors import BadInput
from tacenda.models import Band
from tacenda.prose import Part, environment_of, fill, plain

KNOWN = {
    "title": "a title",
    "now": datetime(2026, 3, 2, tzinfo=UTC),
    "steps": ({"name": "fix", "done": False},),
    "band": Band.HIGH,
    "long": "word " * 10_000,
}


class Color(Enum):
    """An enum that is no text."""

    RED = 1


def filled(folder: Path, text: str) -> str:
    """Return what a template of a team makes of what is known."""
    (folder / "own.txt").write_text(f"Subject: x\n\n{text}\n")
    return fill("own.txt", Part.BODY, KNOWN, folder).strip("\n")


@pytest.mark.parametrize(
    "template",
    [
        "{{ title.__class__ }}",
        "{{ title['__class__'] }}",
        "{{ title | attr('__class__') }}",
        "{{ [title] | map(attribute='__class__') | join }}",
        "{{ title.upper.__self__ }}",
        "{{ title.format.__globals__ }}",
        "{{ '{0.__class__}'.format(title) }}",
        "{{ '{0[__class__]}'.format(title) }}",
        "{{ '{a.__class__.__mro__}'.format_map({'a': title}) }}",
        "{{ now.__reduce__() }}",
        "{{ now.tzinfo.__init__.__globals__ }}",
        "{{ steps.__class__.__subclasses__() }}",
        "{{ band.__class__ }}",
        "{{ band.label }}",
        "{{ band.value }}",
        "{{ lipsum.__globals__ }}",
        "{{ lipsum() }}",
        "{{ cycler('a').__init__.__globals__ }}",
        "{{ joiner }}",
        "{{ namespace(a=1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ loop }}",
        "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
        "{{ range.__init__.__globals__ }}",
        "{{ wrap.__globals__ }}",
        "{{ steps.append(1) }}",
        "{{ steps[0].update(done=true) }}",
        "{{ title | tojson }}",
        "{% import 'os' as os %}{{ os.environ }}",
    ],
)
def test_a_template_cannot_reach_beyond_its_data(template: str, tmp_path: Path) -> None:
    """Python's insides, Jinja2's globals, and changes of what it was given are refused."""
    with pytest.raises(BadInput, match=r"own\.txt"):
        filled(tmp_path, template)


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "../../etc/passwd", "a/../../secret.txt", "/etc/passwd", "..\\secret.txt"],
)
@pytest.mark.parametrize(
    "way", ["{% include NAME %}", "{% import NAME as x %}", "{% extends NAME %}"]
)
def test_only_the_folders_of_templates_are_read(way: str, name: str, tmp_path: Path) -> None:
    """Whatever a template includes, imports or extends."""
    folder = tmp_path / "letters"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("canary")
    with pytest.raises(BadInput):
        filled(folder, way.replace("NAME", repr(name).replace("\\\\", "\\\\")))


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(90000) %}{% endfor %}",
        "{% for a in range(900) %}{% for b in range(900) %}{% endfor %}{% endfor %}",
        "{% for a in long %}{% for b in long %}{% endfor %}{% endfor %}",
        "{% for a in range(9000) %}{{ long }}{% endfor %}",
        "{% filter wrap %}{% for a in range(9000) %}{{ long }}{% endfor %}{% endfilter %}",
        "{{ range(10 ** 9) | list }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ 'x' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ 'x' | indent(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ long.replace('', long) }}",
        "{{ long | replace(' ', long) }}",
        "{{ long.join(range(10000)) }}",
        "{{ range(10000) | join(long) }}",
        "{% macro f(n) %}{{ f(n - 1) ~ f(n - 1) if n }}{% endmacro %}{{ f(40) }}",
        "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f(long) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% include 'own.txt' %}",
        "{{ 1 | round(1000000000) }}",
    ],
)
def test_a_template_cannot_use_up_the_worker(template: str, tmp_path: Path) -> None:
    """Loops in loops, repetitions and widths of millions, and recursion end soon."""
    began = process_time()
    with pytest.raises(BadInput, match=r"asks for too much|RecursionError|OverflowError"):
        filled(tmp_path, template)

    assert process_time() - began < 20


def test_what_a_letter_needs_is_well_within_the_bounds(tmp_path: Path) -> None:
    """A long text, lists, widths and loops as letters have them."""
    text = filled(
        tmp_path,
        "{% for n in range(500) %}{{ '%-14s' | format(n) }}{% endfor %}\n{{ long | wrap }}\n"
        "{{ '-' * 76 }} {{ '{:>9}'.format(title) }} {{ dict(a=1).a }}"
        "{% for step in steps if not step.done %}{{ loop.index }}/{{ loop.length }}{% endfor %}",
    )
    assert text.endswith("   a title 11/1")


def test_one_letter_does_not_use_up_the_allowance_of_the_next(tmp_path: Path) -> None:
    """Each filling begins anew, also after one that failed."""
    for _ in range(5):
        assert filled(tmp_path, "{% for n in range(9000) %}{% endfor %}x") == "x"
        with pytest.raises(BadInput):
            filled(tmp_path, "{% for n in range(90000) %}{% endfor %}x")


def test_what_enters_a_template_is_plain() -> None:
    """Enums and other kinds of text become text; what could be called is refused."""
    made = plain({"band": Band.HIGH, "all": (Band.LOW, type("Word", (str,), {})("x"), 1, None)})

    assert made == {"band": "High", "all": ["Low", "x", 1, None]}
    assert {type(it) for it in (made["band"], *made["all"][:2])} == {str}
    for odd in (object(), print, Path("x"), Color.RED, {1, 2}):
        with pytest.raises(TypeError):
            plain(odd)


def test_no_other_global_or_filter_is_there() -> None:
    """What a new version of Jinja2 brings along is looked at before it is allowed."""
    assert sorted(environment_of(None).globals) == ["dict", "range"]
    assert not {"attr", "random", "pprint", "xmlattr"} & set(environment_of(None).filters)
