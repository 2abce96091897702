"""What can go wrong, as its reader should hear it.

    TacendaError
    ├── BadInput          what was given cannot be used; nothing was sent (exit 2)
    ├── Refused           the case, or the set-up, says no; nothing changed (exit 1)
    │   └── UnknownCase   there is no such case
    └── Unavailable       a part that is needed is not there (exit 1)
        ├── NoServer      the Temporal server does not answer
        ├── NoWorker      no worker answers for the case; nothing changed
        └── OutcomeUnknown  the act was sent, its answer did not come; repeating is safe

Every message is one or two sentences that end with what to do next. None of them quotes
a report, a letter or a secret.
"""


class TacendaError(Exception):
    """Anything this project says no with; `exit_code` is what the CLI ends with."""

    exit_code = 1


class BadInput(TacendaError):
    """What was given cannot be used; nothing was sent."""

    exit_code = 2


class Refused(TacendaError):
    """The case, or the set-up, says no; nothing changed."""


class UnknownCase(Refused):
    """There is no case with that id."""


class Unavailable(TacendaError):
    """A part that is needed is not there."""


class NoServer(Unavailable):
    """The Temporal server does not answer."""


class NoWorker(Unavailable):
    """No worker answered for the case; nothing changed."""


class OutcomeUnknown(Unavailable):
    """The act was sent and its answer did not come in time."""
