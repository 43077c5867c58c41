"""The forms of recordings that can be read: one module each, and one line here.

A module of this room offers what `Format` names. Its first lines tell which program writes such
files, in which versions, and what is read of them.
"""

from __future__ import annotations

from typing import Protocol

from trayapp.recording.formats import (
    atop,
    below,
    collectl,
    container_stats,
    docker_json,
    dotnet_counters,
    dstat,
    free,
    glances,
    go_gc,
    influx,
    java_gc,
    json_records,
    jstat,
    massif,
    memray,
    memtray_export,
    memtray_history,
    memtray_memrec,
    mprof,
    netdata,
    node_gc,
    patterned,
    pidstat,
    procpath,
    prometheus,
    prometheus_text,
    ps,
    psrecord,
    sadf,
    sar,
    sysstat_json,
    table,
    top,
    victoria_metrics,
    vmstat,
)
from trayapp.recording.gathering import Gathering
from trayapp.recording.records import Recording
from trayapp.recording.source import Source, Start

SURE = 1.0
READABLE = 0.5
"""From here on a file is read as what it resembles; below, an error may name the form."""


class Format(Protocol):
    """One form of files; a module is one by having these."""

    NAME: str
    """Name of its program, as it is called in a line of text: "pidstat"."""
    EXPECTS: str
    """Looks of it, for errors, as a part of a sentence for `_`: "a log of pidstat -r"."""

    def resembles(self, start: Start) -> float:
        """Return how sure it is, by a file's beginning alone: 0 is not at all, `SURE` beyond doubt.

        Never raises, whatever the bytes; the most sure reads, the first of equals.
        """

    def read(self, source: Source, found: Gathering) -> Recording | None:
        """Put all of the file into `found`, line by line; or return the recording itself.

        Raises: RecordingError, in one line that says what to do, if there is nothing in it.
        """


FORMATS: tuple[Format, ...] = (
    memtray_memrec,
    memtray_history,
    memtray_export,
    mprof,
    psrecord,
    pidstat,
    sysstat_json,
    sadf,
    sar,
    top,
    vmstat,
    free,
    container_stats,
    docker_json,
    ps,
    go_gc,
    java_gc,
    jstat,
    massif,
    memray,
    node_gc,
    prometheus_text,
    victoria_metrics,
    influx,
    netdata,
    glances,
    dotnet_counters,
    dstat,
    atop,
    collectl,
    below,
    procpath,
    prometheus,
    json_records,
    patterned,
    table,
)
"""Memtray's own, then the more telling first; the last is what is none of the others."""
OWN_FORMATS = 3
"""So many of them are Memtray's."""
