"""Doing a cleanup: what probe and platform honestly offer, measured before and after."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from trayapp.domain.acting.cleanups import APP, CleanupResult
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, PlatformError
from trayapp.language.catalogue import _, format_count, listed, ngettext, paragraph

if TYPE_CHECKING:
    from trayapp.cleanup.probes import Collected, Probes

_MOST_CACHES = 5
"""Named in one sentence."""


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
            note = _("This system cannot trim the heap.")
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
    trimmer: Trimmer | None,
    name: str,
    keys: Sequence[ProcessKey],
    read_rss_bytes: Callable[[], int | None],
    probes: Probes,
) -> CleanupResult:
    """Have a target's processes give back what they do not need. Any thread; may take seconds.

    Who has a probe is asked; of the others the system is asked to take it, unless `trimmer` is
    None. `read_rss_bytes` gives the sum over the target's processes. What is refused for one
    process is no reason to skip the next; the first refusal is the note.
    """
    before_bytes = read_rss_bytes() if keys else None
    notes = [] if keys else [_("It is not running.")]
    collected: list[Collected] = []
    is_tried = False
    for key in keys:
        try:
            told = probes.collect(key)
            if told is not None:
                collected.append(told)
            elif trimmer is not None:
                trimmer.trim_process(key.pid)
            is_tried = is_tried or told is not None or trimmer is not None
        except (ControlError, PlatformError) as error:
            is_tried = True
            notes.append(str(error))
    if keys and not is_tried:
        notes.append(_("None of its processes has the Python probe (trayapp.probe)."))
    notes += [problem for told in collected for problem in told.problems]
    return CleanupResult(
        subject=name,
        wall_seconds=time.time(),
        before_bytes=before_bytes,
        after_bytes=read_rss_bytes() if is_tried else None,
        note=notes[0] if notes else "",
        told=_said(collected),
    )


def _said(collected: Sequence[Collected]) -> str:
    """Return what the probes did, by their own word."""
    if not collected:
        return ""
    count = sum(told.object_count or 0 for told in collected)
    garbage = ngettext("Collected {count} object.", "Collected {count} objects.", count).format(
        count=format_count(count)
    )
    names = list(dict.fromkeys(name for told in collected for name in told.cleared))
    if not names:
        return garbage
    more = ["…"] if len(names) > _MOST_CACHES else []
    cleared = _("Emptied: {names}.").format(names=listed([*names[:_MOST_CACHES], *more]))
    return paragraph(cleared, garbage)
