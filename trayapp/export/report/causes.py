"""What goes before growth of tracked programs, as findings of a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from trayapp.domain.showing.cause_lines import cause_line
from trayapp.export.report.collecting import Collector
from trayapp.export.report.facts import Finding
from trayapp.history.causes import read_causes, read_starts
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _

MOST_TARGETS, MOST_EACH = 10, 3


def cause_findings(collector: Collector, clean: Callable[[str], str]) -> Iterator[Finding]:
    """Yield the likeliest of each target; nothing of a recording, which has one run.

    clean: hides what is private in a text. Raises: HistoryError.
    """
    source = collector.source
    if not isinstance(source.reader, HistoryReader):
        return
    now = source.until_wall_seconds
    offset = float(time.localtime(now).tm_gmtoff)
    starts = read_starts(source.reader, now)
    names = [name for name in source.targets if name not in source.applications]
    for name in names[:MOST_TARGETS]:
        causes = read_causes(source.reader, name, now, offset, starts)
        title = _("What goes before growth of {name}").format(name=clean(name))
        for cause in causes.found[:MOST_EACH]:
            yield Finding("note", title, clean(cause_line(cause)), clean(name))
