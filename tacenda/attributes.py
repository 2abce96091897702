"""What the Temporal server lists a case by: the type of its workflow, its search attributes.

They stay in the clear, so nothing here says what a case is about. `tacenda list` reads
this module and not the whole contract, so it imports no part of the core.
"""

from temporalio.common import SearchAttributeKey

WORKFLOW = "Disclosure"
TASK_QUEUE = "tacenda"
"""Where workers ask for work; its full name says whose keys they have (`connect.task_queue`)."""

STATE = SearchAttributeKey.for_keyword("DisclosureState")
BAND = SearchAttributeKey.for_keyword("SeverityBand")
LEAD = SearchAttributeKey.for_keyword("FixLead")
NEXT_LIMIT = SearchAttributeKey.for_datetime("NextLimit")
OVERDUE = SearchAttributeKey.for_keyword_list("Overdue")
STEP_TIMES = SearchAttributeKey.for_keyword("StepTimes")
"""The case in outline, as one word (`outline.py`)."""

SEARCH_ATTRIBUTES = (STATE, BAND, LEAD, NEXT_LIMIT, OVERDUE, STEP_TIMES)
