"""What comes in is checked where it comes in, and refused without being repeated."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tacenda.act import Act
from tacenda.acts import (
    Acknowledge,
    AssignCve,
    Close,
    Confirm,
    Extend,
    FixLanded,
    HandOff,
    ReportEvent,
    Score,
)
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.fields import complaint_of
from tacenda.models import Audience, Kind, Report, State, Step
from tests.builders import RECEIVED, a_case, a_report

GOOD: dict[str, Any] = {
    "title": "A bug",
    "received": "2026-03-02T09:00:00Z",
    "component": "proxy",
    "versions": "all",
    "details": "Line one.\n\tLine two.\n",
    "reporter": {"name": "Rita", "email": "rita@example.org", "credit": "by name"},
}

ENCODED = "=?utf-8?q?hi=0ABcc:_canary@example.org?="

BAD_REPORTS: list[tuple[str, Any, str]] = [
    ("titel", "canary", "titel: is not a known key"),
    ("title", "", "title"),
    ("title", "   ", "title"),
    ("title", "canary\nBcc: canary@example.org", "control characters"),
    ("title", "canary\x00x", "control characters"),
    ("title", "canary\x1b[31mx", "control characters"),
    ("title", "canary\x85x", "control characters"),
    ("title", "canary\u2028x", "control characters"),
    ("title", ENCODED, "encoded control character"),
    ("title", f"canary {ENCODED} canary", "encoded control character"),
    ("title", "=?utf-8?b?Y2FuYXJ5CkJjYzo=?=", "encoded control character"),
    ("title", "=?nosuch?q?canary?=", "broken encoded word"),
    ("title", "canary " * 100, "title"),
    ("title", None, "title"),
    ("received", None, "received"),
    ("received", "", "received"),
    ("received", "2026-03-02T09:00:00", "received: needs a time zone"),
    ("received", datetime(2026, 3, 2, 9, 0), "received: needs a time zone"),
    ("received", "2026-03-02", "received"),
    ("received", "canary", "received"),
    ("received", "2026-02-30T09:00:00Z", "received"),
    ("received", 20260302, "received"),
    ("received", "20260302", "received"),
    ("received", "1772442000.5", "received"),
    ("received", "+1772442000", "received"),
    ("received", "0001-01-01T00:00:00+14:00", "received"),
    ("received", "9999-12-31T23:59:59-02:00", "received"),
    ("details", "canary" * 900_000, "details: is longer than 256 kB"),
    ("details", "é" * (128 * 1024 + 1), "details: is longer than 256 kB"),
    ("details", "canary\x00", "details"),
    ("details", "canary\x1b[2J", "details"),
    ("details", "canary\x9b2J", "details"),
    ("details", "canary\x7f", "details"),
    ("details", "canary\ud800", "details"),
    ("reporter", {"email": ""}, "reporter.email"),
    ("reporter", {"email": "canary"}, "reporter.email"),
    ("reporter", {"email": "canary@example.org\nBcc: x@example.org"}, "reporter.email"),
    ("reporter", {"email": "canary@exa\r\nmple.org"}, "reporter.email"),
    ("reporter", {"email": "canary\x00@example.org"}, "reporter.email"),
    ("reporter", {"email": f"{ENCODED}@example.org"}, "reporter.email"),
    ("reporter", {"email": "canary@example.org", "name": "x\r\ny"}, "reporter.name"),
    ("reporter", {"email": "canary@example.org", "nick": "x"}, "reporter.nick: is not a known"),
    ("reporter", "canary", "reporter"),
]

BAD_ACTS: list[tuple[type[Act], dict[str, Any], str]] = [
    (Score, {"vector": ""}, "vector"),
    (Score, {"vector": "canary " * 100}, "vector"),
    (Score, {"vector": "CVSS:3.1/AV:N", "by": ""}, "by"),
    (Score, {"vector": "CVSS:3.1/AV:N", "by": " \t "}, "by"),
    (Score, {"vector": "CVSS:3.1/AV:N", "by": "canary\nx"}, "by"),
    (Score, {"vector": "CVSS:3.1/AV:N", "override": "canary\x00x"}, "override"),
    (AssignCve, {"cves": []}, "cves"),
    (AssignCve, {"cves": ["CVE-2024-1234; rm -rf canary"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-2024-1234", "canary"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["cve-2024-1234"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-24-1234"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-2024-123"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-2024-1234\n5"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-２０２４-１２３４"]}, "must look like CVE-"),
    (AssignCve, {"cves": ["CVE-2024-1234"] * 51}, "cves"),
    (FixLanded, {}, "reference to the fix, or a mitigation"),
    (FixLanded, {"mitigation": " \n"}, "reference to the fix, or a mitigation"),
    (FixLanded, {"refs": ["canary\nx"]}, "refs.0"),
    (FixLanded, {"refs": [""]}, "refs.0"),
    (FixLanded, {"refs": "https://example.org"}, "refs"),
    (FixLanded, {"refs": [f"https://example.org/{n:0280}" for n in range(5000)]}, "refs"),
    (ApproveNotice, {"audience": "users"}, "needs the text that is approved"),
    (ApproveNotice, {"audience": "users", "text": ""}, "text"),
    (ApproveNotice, {"audience": "users", "text": " \n\t\n"}, "text"),
    (ApproveNotice, {"audience": "users", "text": "canary\x00"}, "text"),
    (ApproveNotice, {"audience": "users", "text": "canary" * 20_000}, "longer than 64 kB"),
    (ApproveNotice, {"audience": "release", "text": "canary"}, "users, vendors or reporter"),
    (ApproveNotice, {"audience": "canary", "text": "x"}, "audience"),
    (ApproveNotice, {"audience": "users", "text": "x", "at": "2026-03-02T09:00"}, "time zone"),
    (ApproveRelease, {}, "needs the text"),
    (ApproveRelease, {"text": "\n"}, "text"),
    (ApproveRelease, {"hold": "  "}, "needs the text"),
    (Extend, {"step": "canary", "skip": True, "why": "x"}, "step"),
    (Extend, {"step": "fix", "why": "x"}, "a new limit or skip"),
    (Extend, {"step": "fix", "until": RECEIVED, "skip": True, "why": "x"}, "a new limit or skip"),
    (Extend, {"step": "fix", "skip": True}, "why: is missing"),
    (Extend, {"step": "fix", "skip": True, "why": "  "}, "why"),
    (Extend, {"step": "fix", "until": "2026-03-20T09:00:00", "why": "x"}, "time zone"),
    (Close, {"reason": "canary"}, "reason"),
    (Close, {"reason": "complete", "canary": 1}, "not a known key"),
    (Acknowledge, {"team": ["canary\r\nx"]}, "team.0"),
    (Acknowledge, {"text": ""}, "text"),
    (Acknowledge, {"when": RECEIVED}, "says when, but not where, it was told elsewhere"),
    (AssignCve, {"cves": ["CVE-2024-1234"], "published": True, "withdraw": "x"}, "either"),
    (FixLanded, {"withdraw": "x", "refs": ["https://example.org"]}, "either landed or withdrawn"),
    (FixLanded, {"withdraw": "x", "versions": ["1.2.3"]}, "either landed or withdrawn"),
    (FixLanded, {"withdraw": "x", "mitigation": "canary"}, "either landed or withdrawn"),
    (FixLanded, {"refs": ["https://example.org"], "when": "2026-03-02"}, "when"),
    (ApproveNotice, {"audience": "users", "text": "x", "when": RECEIVED}, "not where"),
    (ApproveNotice, {"audience": "users", "elsewhere": "x", "at": RECEIVED}, "neither held nor"),
    (ApproveNotice, {"audience": "users", "elsewhere": "x", "hold": "x"}, "neither held nor"),
    (ApproveNotice, {"audience": "users", "text": "x", "to": [""]}, "to.0"),
    (ApproveNotice, {"audience": "users", "text": "x", "to": ["canary\nx"]}, "to.0"),
    (ApproveNotice, {"audience": "users", "text": "x", "revision": -1}, "revision"),
    (ApproveNotice, {"audience": "users", "text": "x", "users_told": " "}, "users_told"),
    (HandOff, {}, "to: is missing"),
    (HandOff, {"to": " "}, "to"),
    (ReportEvent, {"event": "leak"}, "why: is missing"),
    (ReportEvent, {"event": "canary", "why": "x"}, "event"),
    (ReportEvent, {"event": "public", "why": "x", "hold_on": True}, "cannot be held back"),
    (Confirm, {"what": "canary"}, "what"),
    (Confirm, {"what": "retrospective", "credit": "canary"}, "belongs to the credit alone"),
    (Confirm, {"what": "credit", "credit": "canary\nx"}, "credit"),
    (Close, {}, "either a reason to close, or one to reopen"),
    (Close, {"reason": "invalid", "reopen": "x"}, "either a reason to close, or one to reopen"),
    (Close, {"reason": "invalid", "when": RECEIVED}, "not where"),
]


def complaint(kind: type[Report] | type[Act], values: dict[str, Any]) -> str:
    """Return the sentence with which `values` are refused."""
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(values)
    if "canary" not in values:
        assert "canary" not in str(refused.value)
    return complaint_of(refused.value)


@pytest.mark.parametrize(("key", "value", "said"), BAD_REPORTS, ids=lambda v: repr(v)[:40])
def test_a_bad_report_is_refused_with_one_sentence(key: str, value: Any, said: str) -> None:
    """Whatever is wrong is named by its key; the sentence is one line and quotes nothing."""
    sentence = complaint(Report, {**GOOD, key: value})

    assert said in sentence
    assert "canary" not in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(("kind", "values", "said"), BAD_ACTS, ids=lambda v: repr(v)[:60])
def test_a_bad_act_is_refused_with_one_sentence(
    kind: type[Act], values: dict[str, Any], said: str
) -> None:
    """An act that cannot be meant is refused before it reaches a case."""
    sentence = complaint(kind, {"by": "alice", **values})

    assert said in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize("key", ["title", "received"])
def test_a_report_without_its_necessary_keys_is_refused(key: str) -> None:
    """A report needs a title and the time at which it was received."""
    values = {name: value for name, value in GOOD.items() if name != key}

    assert complaint(Report, values) == f"{key}: is missing"


def test_everything_else_in_a_report_may_be_left_out() -> None:
    """A title and a time are enough to start the clocks."""
    report = Report.model_validate({"title": "A bug", "received": "2026-03-02T09:00:00Z"})

    assert report.reporter is None
    assert not report.public


@pytest.mark.parametrize("reporter", [{}, {"name": "Rita"}, {"name": "Rita", "email": None}])
def test_a_reporter_needs_no_address(reporter: dict[str, Any]) -> None:
    """Somebody who telephoned is a reporter too; there is only nobody to write to."""
    report = Report.model_validate({**GOOD, "reporter": reporter})

    assert report.reporter is not None
    assert report.reporter.email is None


def test_times_are_kept_in_utc() -> None:
    """A time with another zone is the same instant, kept in UTC."""
    report = a_report(received=datetime(2026, 3, 2, 11, 0, tzinfo=timezone(timedelta(hours=2))))

    assert report.received == RECEIVED
    assert report.received.tzinfo == UTC


def test_text_is_kept_as_it_is() -> None:
    """Line ends, tabs and blanks of a text stay; blanks around a line go."""
    act = ApproveRelease(by=" alice ", text="\r\n  Ends in blanks.  \r\n\n\tü\n")
    again = ApproveRelease.model_validate_json(act.model_dump_json())

    assert act.by == "alice"
    assert again.text == "\r\n  Ends in blanks.  \r\n\n\tü\n"


def test_the_largest_texts_are_accepted() -> None:
    """256 kB of report and 64 kB of notice are fine; the limits themselves belong to them."""
    assert a_report(details="x" * 256 * 1024)
    assert ApproveRelease(by="alice", text="x" * 64 * 1024)


def test_values_do_not_change() -> None:
    """A report cannot be changed once it is there."""
    with pytest.raises(ValidationError):
        a_report().title = "other"  # type: ignore[misc]


def test_every_audience_of_a_notice_has_its_letter() -> None:
    """Users, vendors and the reporter each get their own kind of letter."""
    case = a_case()
    audiences = (Audience.USERS, Audience.VENDORS, Audience.REPORTER)

    assert [case.notice_for(audience) for audience in audiences] == [
        Kind.USER_NOTICE,
        Kind.VENDOR_NOTICE,
        Kind.REPORTER_UPDATE,
    ]


def test_the_states_are_the_steps_and_two_more() -> None:
    """Each step names a state, in the same order; released and closed follow."""
    assert [state.value for state in State] == [*Step, "released", "closed"]


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from([*GOOD, "public"]), st.text() | st.integers() | st.none()))
def test_no_report_does_anything_but_pass_or_be_refused(values: dict[str, Any]) -> None:
    """Any values make a report that survives JSON, or a refusal; never a crash."""
    try:
        report = Report.model_validate({**GOOD, **values})
    except ValidationError:
        return
    assert Report.model_validate_json(report.model_dump_json()) == report
