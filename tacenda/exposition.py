"""What the worker says of itself and of its cases, in the text format of Prometheus.

Labels are states, steps, kinds and fates: never a case, a name or an address.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tacenda.fields import Value
from tacenda.models import State, Step

Labels = tuple[tuple[str, str], ...]


class Family(Value):
    """One metric: its name, what it says, whether it only grows, and its samples by labels."""

    name: str
    says: str
    is_counter: bool = False
    samples: Mapping[Labels, float]


class Survey(Value):
    """What the server lists at an instant (UTC): open cases by state, overdue ones by step."""

    at: datetime
    states: Mapping[str, int]
    overdue: Mapping[str, int]


def families(
    survey: Survey | None,
    fates: Mapping[tuple[str, str], int],
    oldest: timedelta,
    keys_end: datetime | None,
    version: str,
) -> tuple[Family, ...]:
    """Return the metrics of a worker; what is not known is left out.

    `fates` are mailboxes by kind of letter and fate, `oldest` is the age of the oldest letter that
    is not sent, `keys_end` when the first OpenPGP key of the settings expires (UTC).
    """
    found = [
        Family(
            name="tacenda_worker_info",
            says="The version of the worker.",
            samples={(("version", version),): 1},
        ),
        Family(
            name="tacenda_letters_total",
            says="Mailboxes that letters came to, by kind and fate, since the worker started.",
            is_counter=True,
            samples={(("fate", f), ("kind", k)): count for (k, f), count in sorted(fates.items())},
        ),
        Family(
            name="tacenda_oldest_unsent_letter_seconds",
            says="Age of the oldest letter that this worker has not brought to everybody; 0: none.",
            samples={(): oldest.total_seconds()},
        ),
    ]
    if keys_end:
        found.append(
            Family(
                name="tacenda_pgp_key_expiry_timestamp_seconds",
                says="When the first OpenPGP key that the settings name expires.",
                samples={(): keys_end.timestamp()},
            )
        )
    if survey:
        found += _of_cases(survey)
    return tuple(found)


def _of_cases(survey: Survey) -> Iterable[Family]:
    yield Family(
        name="tacenda_cases_open",
        says="Cases whose workflow runs, by state; a closed one is not on record yet.",
        samples={(("state", state.value),): survey.states.get(state.value, 0) for state in State},
    )
    yield Family(
        name="tacenda_cases_overdue",
        says="Open cases in which a step, or a duty to the regulator, is overdue.",
        samples={
            (("step", step),): survey.overdue.get(step, 0)
            for step in dict.fromkeys((*(step.value for step in Step), *survey.overdue))
        },
    )
    yield Family(
        name="tacenda_survey_timestamp_seconds",
        says="When the cases were counted last.",
        samples={(): survey.at.timestamp()},
    )


def text_of(some: Iterable[Family]) -> str:
    """Return metrics in the text format, version 0.0.4."""
    lines = []
    for family in some:
        kind = "counter" if family.is_counter else "gauge"
        lines += [f"# HELP {family.name} {family.says}", f"# TYPE {family.name} {kind}"]
        for labels, value in family.samples.items():
            named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
            lines.append(f"{family.name}{f'{{{named}}}' if named else ''} {value:.15g}")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
