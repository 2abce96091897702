"""Become a program that dies with its parent: `python tether.py PARENT PROGRAM [ARGUMENT…]`.

On Linux the kernel kills it when the parent ends, even by `kill -9`; elsewhere only an
orderly stop ends it. This is a program of its own because Python code between fork and
exec is not safe in a process with threads, and the SDK of Temporal has many.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew
        sys.exit(1)


def command(program: list[str]) -> list[str]:
    """Return the command that runs `program` tethered to this process."""
    # -I and -S: start fast, and whatever the environment says.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *program]


if __name__ == "__main__":
    _die_with(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
