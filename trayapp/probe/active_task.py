"""What a program is at, said by two calls where no `with` can stand: one task for each context."""

from __future__ import annotations

import sys
from contextvars import ContextVar

from trayapp.probe.registry import plain
from trayapp.probe.tasks import Run, begin_run, end_run, runner_id_here

_active: ContextVar[Run | None] = ContextVar("active task", default=None)


def begin_active(name: str) -> None:
    """See `set_active_task`. Raises what a lack of memory does."""
    before = _active.get()
    # What the thread or asyncio task has set that started this one goes on there.
    if before is not None and not before.has_ended and before.runner_id == runner_id_here():
        end_run(before, None)
    _active.set(begin_run(plain(name)))


def end_active(note: str | None) -> None:
    """See `clear_active_task`. Raises what a lack of memory does."""
    run = _active.get()
    _active.set(None)
    if run is None or run.has_ended:
        return
    run.note = None if note is None else plain(note)
    kind = sys.exc_info()[0]
    end_run(run, None if kind is None else plain(kind.__name__))
