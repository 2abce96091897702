"""Facts for letters, bare and full, and what a reader makes of a rendered one."""

import re
from pathlib import Path
from typing import Any

from tacenda import notices
from tacenda.appointments import Appointment, Appointments
from tacenda.facts import Facts, facts_of
from tacenda.lifecycle import apply
from tacenda.models import DAY, Kind, Step
from tacenda.notices import Draft
from tests.builders import (
    a_case,
    acknowledge,
    after,
    fixed,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

CASE = "case-2026-7k3q9xm4tp"
PLANNED = slot(15)
APPOINTMENTS = (
    Appointment(step=Step.FIX, at=after(9), sequence=1, gone=True),
    Appointment(step=Step.VENDOR_NOTICE, at=after(14), sequence=0),
    Appointment(step=None, at=PLANNED, sequence=0),
)
TEMPLATES = Path(notices.__file__).parent / "templates"
ADVISORIES = (Kind.RELEASE, Kind.CORRECTION)
DRAFTS = (Kind.REPORTER_UPDATE, Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)


def bare(**known: Any) -> Facts:
    """Return the facts of a case of which only the title is known."""
    facts = facts_of(a_case(reporter=None), known.get("now", after(minutes=1)))
    return facts.model_copy(update={"proposed_lead": "", **known})


def full(**known: Any) -> Facts:
    """Return the facts of a case of which everything is known, eight days after the report."""
    case = apply(a_case(), acknowledge(team=("bob", "carol")), after(0.5))
    everything = {
        "title": "A subPath volume mount follows a symbolic link out of the volume",
        "component": "kubelet, volume subPath",
        "versions": "1.3 to 1.9",
        "reporter_name": "Storage Researcher",
        "credit": "credit by name",
        "band": "High",
        "score": 8.8,
        "vector": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
        "cves": ("CVE-2026-10001", "CVE-2026-10002"),
        "fix_refs": ("https://git.example.org/fix/1", "https://git.example.org/fix/2"),
        "fix_versions": ("1.7.14", "1.8.9", "1.9.4"),
        "mitigation": "Disallow these mounts with an admission policy until every node is "
        "updated.\n\n\n\n  kubectl apply -f deny.yaml   \n",
        "planned": PLANNED,
        "release_at": PLANNED,
        "about": ("fix", "user notice"),
        "every": 2 * DAY,
        "troubles": (f"The fix changed. Approve it anew: tacenda release {CASE} --at T.",) * 2,
        "calendar": (Appointments(names=("bob",), changes=APPOINTMENTS),),
        "text": "What we publish.\n\nWord for word.\n",
    }
    facts = facts_of(case, known.get("now", after(8)))
    return facts.model_copy(update={**everything, **known})


def released() -> Facts:
    """Return the facts of a case that went its whole way, on the day after the release."""
    story = Story(a_case()).do(acknowledge(team=("bob",)), fixed(), user_notice(), vendor_notice())
    story.do(release(PLANNED)).wait(PLANNED + DAY)
    return facts_of(story.case, story.now)


_LINES = ("title", "component", "versions", "reporter_name", "credit", "vector", "mitigation")
_LISTS = ("cves", "fix_refs", "fix_versions", "fix_team", "troubles")


def marked(**known: Any) -> Facts:
    """Return facts whose texts are canaries that carry their name."""
    values: dict[str, Any] = {name: f"canary_{name}" for name in (*_LINES, "text")}
    values |= {name: f"canary_{name}" for name in ("lead", "proposed_lead")}
    values |= {name: (f"canary_{name}", f"canary_{name}") for name in _LISTS}
    return full(**{**values, **known})


def canaries(text: str) -> set[str]:
    """Return the facts whose canaries sing in `text`."""
    return set(re.findall(r"canary_(\w+)", text))


def said(draft: Draft) -> str:
    """Return a letter as one text without line ends, to search in."""
    return " ".join(f"{draft.subject} {draft.body}".split())


MOMENTS = {
    "bare": bare(),
    "bare and late": bare(now=after(30)),
    "bare and public": bare(public=True, acknowledge_by=after(0)),
    "full": full(),
    "full and public": full(public=True, acknowledge_by=after(0)),
    "released": released(),
    "vendors": full(about=("vendor notice",), vendors_by=after(9)),
    "vendors too late": full(about=("vendor notice",), vendors_by=after(7)),
    "release": full(about=("acknowledge", "release"), planned=None, every=None),
    "unfixed": full(fix_refs=(), fix_versions=(), credit="no credit wanted"),
    "no version": full(fix_versions=(), cves=("CVE-2026-10001",) * 7, credit="as J. Doe"),
    **{
        f"{reason}, public: {public}": full(close_reason=reason, public=public)
        for reason in ("complete", "invalid", "duplicate", "withdrawn", "not-ours")
        for public in (False, True)
    },
}
