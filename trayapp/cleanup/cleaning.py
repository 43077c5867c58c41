"""Doing a cleanup: what the platform honestly offers, measured before and after."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from trayapp.domain.cleaning import APP, CleanupResult
from trayapp.domain.language import _
from trayapp.errors import PlatformError


class Trimmer(Protocol):
    """The part of a platform that gives memory back."""

    def trim_own_heap(self) -> bool | None:
        """Return unused heap to the system; None: not offered here."""

    def trim_process(self, pid: int) -> None:
        """Take back what another process does not need now.

        Raises: PlatformError where the system does not offer or permit it.
        """


def clean_app(trimmer: Trimmer, read_rss_bytes: Callable[[], int | None]) -> CleanupResult:
    """Collect this process's garbage and trim its heap. Any thread; takes some milliseconds."""
    before_bytes = read_rss_bytes()
    gc.collect()
    note = ""
    try:
        if trimmer.trim_own_heap() is None:
            note = _("Trimming the heap is not offered on this system.")
    except PlatformError as error:
        note = str(error)
    return CleanupResult(
        subject=APP,
        wall_seconds=time.time(),
        before_bytes=before_bytes,
        after_bytes=read_rss_bytes(),
        note=note,
    )


def clean_target(
    trimmer: Trimmer,
    name: str,
    pids: Sequence[int],
    read_rss_bytes: Callable[[], int | None],
) -> CleanupResult:
    """Ask the system to take back what a target's processes do not need. Any thread.

    `read_rss_bytes` gives the sum over the target's processes. What is refused for one process is
    no reason to skip the next; the first refusal is the note.
    """
    before_bytes = read_rss_bytes() if pids else None
    notes = [] if pids else [_("It is not running.")]
    for pid in pids:
        try:
            trimmer.trim_process(pid)
        except PlatformError as error:
            notes.append(str(error))
    return CleanupResult(
        subject=name,
        wall_seconds=time.time(),
        before_bytes=before_bytes,
        after_bytes=read_rss_bytes() if pids else None,
        note=notes[0] if notes else "",
    )
