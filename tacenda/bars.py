"""A picture of the figures: simple bars, as SVG that a yearly report can take as it is.

Colour is never alone: each bar says its numbers. Both colours hold on white and on black.
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from tacenda.figures import Figures, Tally

WIDTH = 720
_ROW = 26
_LEFT, _RIGHT = 170, 130
_KEPT, _NOT, _TEXT = "#2f7fb5", "#d1762d", "#767676"
_STYLE = f"font-family: sans-serif; font-size: 13px; fill: {_TEXT}"


def picture(figures: Figures) -> str:
    """Return the promises kept and not kept, by step and by the month of the receipt, as SVG."""
    groups = (
        ("by step", {step.label: tally for step, tally in figures.steps.items()}),
        ("by month of the report", figures.months),
    )
    drawn, height = _groups(groups)
    total = figures.promises
    said = (
        f"{total.kept} promises kept, {total.late} late, {total.missed} missed, {total.open} open, "
        f"over {figures.cases} cases"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" style="{_STYLE}">',
            "<title>Promises kept</title>",
            f"<desc>{escape(said)}</desc>",
            _text(0, 18, f"Promises kept, {_span(figures)}", weight="bold"),
            *_legend(),
            *drawn,
            "</svg>",
            "",
        ]
    )


def _span(figures: Figures) -> str:
    since = f"{figures.since:%Y-%m-%d} to " if figures.since else "until "
    return f"{since}{figures.now:%Y-%m-%d}"


def _legend() -> Iterator[str]:
    yield f'<rect x="{_LEFT}" y="30" width="12" height="12" fill="{_KEPT}"/>'
    yield _text(_LEFT + 18, 41, "kept")
    yield f'<rect x="{_LEFT + 70}" y="30" width="12" height="12" fill="{_NOT}"/>'
    yield _text(_LEFT + 88, 41, "late or missed")


def _groups(groups: Iterable[tuple[str, Mapping[str, Tally]]]) -> tuple[list[str], int]:
    lines, y = [], 52
    for heading, rows in groups:
        if not rows:
            continue
        y += 34
        lines.append(_text(0, y, heading, weight="bold"))
        most = max(1, *(_decided(tally) for tally in rows.values()))
        for name, tally in rows.items():
            y += _ROW
            lines += _bar(y, name, tally, (WIDTH - _LEFT - _RIGHT) / most)
    return lines, y + 20


def _bar(y: int, name: str, tally: Tally, unit: float) -> Iterator[str]:
    not_kept = tally.late + tally.missed
    yield _text(_LEFT - 8, y, name, anchor="end")
    for x, count, colour in ((0, tally.kept, _KEPT), (tally.kept, not_kept, _NOT)):
        if count:
            yield (
                f'<rect x="{_LEFT + x * unit:.1f}" y="{y - 13}" width="{count * unit:.1f}" '
                f'height="18" fill="{colour}"/>'
            )
    share = f"{tally.share:.0%}" if tally.share is not None else "none due"
    counts = f"{share} ({tally.kept} of {_decided(tally)})" if _decided(tally) else share
    yield _text(_LEFT + _decided(tally) * unit + 8, y, counts)


def _decided(tally: Tally) -> int:
    return tally.kept + tally.late + tally.missed


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
