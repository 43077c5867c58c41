"""Requests to guarded runs to start their commands again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.process_endpoints import GUARD, find_names
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, NotRunningError
from trayapp.language.catalogue import _

QUESTION_SECONDS = 2.0
RESTART_SECONDS = 45.0
"""Longer than a guarded run needs to report that it failed."""
MOST_PROCESSES = 1000
"""How many processes of a target are named, the oldest ones."""
ANSWER_LIMIT_BYTES = 64 * 1024


def restart(runtime: Path, keys: Sequence[ProcessKey]) -> list[int]:
    """Have everything started again that a guarded run has started and these processes belong to.

    Blocks, up to a minute for each guarded run. Any thread.

    Returns: the new pids, one or more.
    Raises: ControlError in one line if none of them is under a guarded run, or none restarts.
    """
    processes = [list(key) for key in keys[:MOST_PROCESSES]]
    pids, problems = [], []
    for name in find_names(runtime, GUARD):
        try:
            if _ask(runtime, name, "guards", processes, QUESTION_SECONDS).get("guards") is True:
                pid = _ask(runtime, name, "restart", processes, RESTART_SECONDS).get("pid")
                pids += [pid] if isinstance(pid, int) else []
        except NotRunningError:
            continue  # left by one that was killed
        except ControlError as error:
            problems.append(str(error))
    if pids:
        return pids
    nobody = _("none of its processes was started with memtray run -- COMMAND")
    raise ControlError(problems[0] if problems else nobody)


def _ask(
    runtime: Path, name: str, verb: str, processes: list[list[int]], seconds: float
) -> dict[str, object]:
    return call(
        runtime,
        verb,
        {"processes": processes},
        seconds,
        name=name,
        who=_("memtray run"),
        answer_limit_bytes=ANSWER_LIMIT_BYTES,
    )
