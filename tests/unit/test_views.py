"""Which cases are wanted: as the server is asked, and as a link into the Web UI."""

from urllib.parse import parse_qs, urlsplit

from tacenda.views import NOBODY, Filter, quoted, saved_views
from tests.builders import after

UI = "http://127.0.0.1:8233"


def test_a_filter_asks_only_for_what_was_named() -> None:
    """Each wish is one condition; without any, all that did not end by closing."""
    everything = Filter(everything=True, state="fix", band="High", lead="O'Neil", overdue=True)
    due = Filter(due_before=after(7), lead=NOBODY)

    assert Filter().query == "WorkflowType = 'Disclosure' AND ExecutionStatus != 'Completed'"
    assert everything.query == (
        "WorkflowType = 'Disclosure' AND DisclosureState = 'fix' AND SeverityBand = 'High' "
        "AND FixLead = 'O\\'Neil' AND Overdue IS NOT NULL"
    )
    assert due.query.endswith("AND FixLead IS NULL AND NextLimit < '2026-03-09T09:00:00+00:00'")


def test_a_name_cannot_leave_its_quotes() -> None:
    """Whatever a lead is called, it is one word of the query."""
    assert quoted("x' OR ExecutionStatus = 'Running") == "'x\\' OR ExecutionStatus = \\'Running'"


def test_a_saved_view_is_a_link_with_its_question() -> None:
    """The query arrives in the Web UI as it was meant, whatever is in it."""
    for view in saved_views(UI, "a space", after(0), "O'Neil & Co"):
        address = urlsplit(view.link)
        assert parse_qs(address.query) == {"query": [view.query]}
        assert address.path == "/namespaces/a%20space/workflows"
    names = [view.name for view in saved_views(UI, "default", after(0))]
    assert names == ["overdue", "due by 2026-03-09", "led by nobody"]
