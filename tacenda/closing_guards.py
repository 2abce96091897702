"""What speaks against closing a case as complete."""

from collections.abc import Iterator

from tacenda.calls import is_answered, unpublished
from tacenda.case import Case
from tacenda.models import Matter, State
from tacenda.objections import Objection
from tacenda.rules import WHOLE_CASE


def incomplete(case: Case) -> Iterator[Objection]:
    """Yield what is missing: public CVE records, a reporter who knows, a retrospective."""
    if case.state is not State.RELEASED:
        yield Objection(
            name="release",
            sentence="The release is not out, so the case is not complete. Release it with "
            f"tacenda release {case.id}, or close it for another reason.",
        )
        return
    if case.rules < WHOLE_CASE:
        return
    if left := unpublished(case):
        yield Objection(
            name="CVE records",
            sentence=f"Nobody has confirmed that the record of {' and '.join(left)} is public. "
            f"Say so: tacenda cve {case.id} {' '.join(left)} --published.",
            in_public=True,
        )
    if not is_answered(case):
        yield Objection(
            name="reporter",
            sentence="The reporter has not been told of the release. Reach them, and say so: "
            f"tacenda confirm {case.id} reporter --ref WHERE.",
            in_public=True,
        )
    if Matter.RETROSPECTIVE not in case.confirmed:
        yield Objection(
            name="retrospective",
            sentence="The retrospective has not been held. When it has: "
            f"tacenda confirm {case.id} retrospective --ref WHERE.",
            in_public=True,
        )
