"""What a shell completes a case with: the ids of those that are open, if the server is quick."""

import asyncio
import json
import time
from typing import Any

import click

from tacenda.cli import session

QUICK_SECONDS = 1.5
FRESH_SECONDS = 30
MOST = 500


def case_ids(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids that begin as what was typed; none where there is no server, in silence.

    They are remembered for half a minute, in the home: a shell asks at every key.
    """
    try:
        return [case for case in _known() if case.startswith(incomplete)]
    except Exception:  # a shell that completes shows what goes wrong in the middle of a line
        return []


def _known() -> list[str]:
    remembered = session.home() / "completion.json"
    try:
        if time.time() - remembered.stat().st_mtime < FRESH_SECONDS:
            known: Any = json.loads(remembered.read_text(encoding="utf-8"))
            return [str(case) for case in known]
    except (OSError, ValueError):
        pass
    found = asyncio.run(asyncio.wait_for(_ask(), QUICK_SECONDS))
    if remembered.parent.is_dir():
        remembered.write_text(json.dumps(found), encoding="utf-8")
    return found


async def _ask() -> list[str]:
    from tacenda.views import Filter

    server = await session.client()
    return [each.id async for each in server.list_workflows(Filter().query, limit=MOST)]
