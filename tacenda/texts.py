"""The texts of a case that a person approved, word for word.

Of the news of another date only those vendors get such a text who may hear a detail: the key of
the letter to the others names another audience, for which nobody wrote one.
"""

from tacenda.case import Case
from tacenda.models import Audience, Kind


def approved_text(case: Case, key: str) -> str | None:
    """Return the text that a person approved for the letter of that key, or None."""
    if key == Kind.ACKNOWLEDGEMENT:
        return case.acknowledgement
    if key.partition(".")[0] == Kind.CLOSING:
        return case.closing.text or None if case.closing else None
    if key.startswith(f"{Kind.DATE_CHANGE}."):
        return case.news.get(Audience(key.split(".")[1]))
    notice = case.notice(key)
    return notice.text if notice else None
