"""`python -m tests.canary`: the suite alone, with its figures."""

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), "-n0", "-rP"]))
