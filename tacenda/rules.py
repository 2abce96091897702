"""The rules by which a case runs: those of the version that opened it, for replay needs that.

By the first, nothing follows a changed date, a hand-over or the release but the thanks and the
retrospective, and approvals are not bound to their recipients. By the second, every alarm waits
for an hour after the last, also one that a stranger did not cause. By the third, a letter is on
its way until nobody waits for it any more, and vendors are asked for no consent. By the fourth,
a limit moves without anybody being told, and severity changes nothing. By the fifth, nothing of a
case outlives the server, and its list does not say how its steps stand. By the sixth, digests of
a report that comes late are as rare at once as if limits had been missed here all the time, and
the list does not say that a decision is asked for.
"""

FIRST_RULES = 1
WHOLE_CASE = 2
SEALED_CASE = 3
SURE_POST = 4
RIGHT_DATE = 5
ON_RECORD = 6
LATE_REPORT = 7
