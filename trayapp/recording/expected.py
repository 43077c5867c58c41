"""What can be read, for the errors of whatever cannot."""

from __future__ import annotations

from trayapp.domain.language import _


def what_is_expected() -> str:
    """All forms, in a part of a sentence."""
    return _(
        "expected a .memrec file, mprof's .dat, a log of psrecord or of pidstat -r, a database of"
        " Procpath, Prometheus' answer to query_range, a history or an export of Memtray's, or a"
        " table with a time column (t_s, time, timestamp, seconds…) and a memory column (rss,"
        " memory…)"
    )
