"""Keeps in the history what `memtray run` reports of each run that has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from trayapp.applet.parts import Parts
from trayapp.applet.rules import target_rules
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.records.series import GUARDED_RUN, Event
from trayapp.guard.run_records import RunRecord, record_of
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size

_MOST_WORDS = 1000


def note_guarded_run(parts: Parts, arguments: Mapping[str, object]) -> dict[str, object]:
    """Record the "run" if its "command" is that of a target. A thread of the control server's.

    Returns: the "target"; None: it is none's.
    """
    record = record_of(arguments.get("run"))
    words = arguments.get("command")
    if record is None or not isinstance(words, list):
        return {"target": None}
    command = tuple(word for word in words[:_MOST_WORDS] if isinstance(word, str))
    tracker = TargetTracker(target_rules(parts.settings_file.settings), app_pid=os.getpid())
    # It has ended, and its pid may be another's by now: only the command line counts.
    key = ProcessKey(0, 0)
    tracker.apply([ProcessFacts(key=key, parent_pid=0, name="", arguments=command)])
    target = next((name for name, keys in tracker.members().items() if key in keys), None)
    if target is not None:
        parts.sampler.record(event_of(record, target))
    return {"target": target}


def event_of(record: RunRecord, target: str) -> Event:
    """Return the run as the history keeps it, stamped with its end."""
    text = _("A guarded run of {name} lasted {time}; its peak was {size}.")
    return Event(
        wall_seconds=min(time.time(), record.began_wall_seconds + record.seconds),
        kind=GUARDED_RUN,
        subject=target,
        level={"critical": "critical", "high": "warning"}.get(record.pressure, ""),
        text=text.format(
            name=target,
            time=format_duration(record.seconds),
            size=format_size(record.peak_bytes),
        ),
        data={
            "seconds": round(record.seconds, 3),
            "pressure": record.pressure,
            "peak_bytes": record.peak_bytes,
            "growth_bytes_per_second": round(record.growth_bytes_per_second),
            "exit_code": record.exit_code,
            "restarted": record.restarted,
            "limits": record.limits,
        },
    )
