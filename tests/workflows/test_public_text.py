"""What the public would read is held against the secrets of a case, where the case lives."""

from tacenda.acts import MarkSecret
from tacenda.chronicle import chronicle
from tacenda.models import Kind
from tests.builders import acknowledge, assign_cve, user_notice
from tests.workflows.desk import Desk
from tests.workflows.plot import begin


async def test_a_slip_is_refused_by_the_case_and_an_override_stands_in_its_history(
    staffed: Desk,
) -> None:
    """Rule 9: the refusal names the place and not the secret; who insists is on record."""
    plot = await begin(staffed)
    await plot.do(acknowledge(), assign_cve("CVE-2026-4242"))
    await plot.case.fixed()
    await plot.do(MarkSecret(by="alice", words=("Blue Lantern",)))
    slip = user_notice("Soon.\nCVE-2026-4242\nBlue lantern", planned=plot.at(9, 16))

    sentence = await plot.case.refused(slip)
    await plot.do(slip.model_copy(update={"override": "it was agreed"}))

    assert "a CVE id: line 2, columns 1-13." in sentence
    assert "marked secret: line 3, columns 1-12." in sentence
    assert "4242" not in sentence
    assert "lantern" not in sentence.lower()
    case = await plot.case.case()
    lines = chronicle(case, await staffed.now())
    assert "mark secret: 1 marked" in [f"{line.what}: {line.detail}" for line in lines]
    assert lines[-2].overrode == ("public text: CVE id", "public text: marked word")
    assert lines[-2].why == "it was agreed"
    assert "Lantern" not in repr(lines)
    assert staffed.mailroom.letter(Kind.USER_NOTICE, "announce@example.org").text == slip.text
