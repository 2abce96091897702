"""When somebody works, as plain instants: whoever knows zones has worked them out before."""

from datetime import datetime, timedelta

from tacenda.fields import Instant, Value

Window = tuple[Instant, Instant]
"""From when until when (UTC) somebody works."""

Windows = tuple[Window, ...]

WEEKS_KNOWN = 8
MOST_WINDOWS = 40
BEFORE_THE_END = timedelta(hours=1)
"""How long before the end of a working day a reminder comes, so that it is still read."""


class Hours(Value):
    """The working hours of one member, less their absences.

    Known `since` somebody first asked for them, `asked` for last, and `until` when they reach
    (all UTC). Without `windows` nobody knows when the member works.
    """

    name: str
    since: Instant
    asked: Instant
    until: Instant
    windows: Windows = ()

    def last_moment(self, rung: datetime, floor: datetime) -> datetime:
        """Return the last moment up to `rung` that lies in working hours, or `rung` itself.

        It is an hour before the end of the last window that is over by then, or its start if it
        is shorter. Before `floor`, and where the hours are not known as far as `rung`, nothing
        moves. All of it is in UTC.
        """
        if rung > self.until or any(start <= rung < end for start, end in self.windows):
            return rung
        over = [window for window in self.windows if window[1] <= rung]
        if not over:
            return rung
        start, end = max(over, key=lambda window: window[1])
        at = max(start, end - BEFORE_THE_END)
        return at if at >= max(floor, self.since) else rung
