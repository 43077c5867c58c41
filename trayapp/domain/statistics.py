"""What Memtray did so far, as rows of label and value for a small table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trayapp.domain.records import Event
from trayapp.domain.units import format_duration, format_size
from trayapp.domain.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of one run."""

    running_seconds: float
    sample_count: int
    interval_seconds: float
    sent_count: int
    held_count: int
    shown_count: int
    notification_status: str
    store_bytes: int | None
    """The history's file with its log; None: there is none."""


def statistics_rows(
    totals: Totals, view: View | None, cleanups: Sequence[Event]
) -> list[tuple[str, str]]:
    """The table; a row with an empty value is a heading."""
    rows = [
        ("This session", ""),
        ("Running for", format_duration(totals.running_seconds)),
        ("Samples", f"{totals.sample_count:,}, one every {totals.interval_seconds:g} s"),
        ("History on disk", format_size(totals.store_bytes)),
        ("Notifications", ""),
        ("Sent", str(totals.sent_count)),
        ("Shown on the desktop", str(totals.shown_count)),
        ("Held back", str(totals.held_count)),
        ("Delivery", totals.notification_status),
    ]
    if view is not None:
        app = view.app
        rows += [
            ("Memtray's own cost", ""),
            ("Private memory (USS)", format_size(app.uss_bytes)),
            ("Resident set (RSS)", format_size(app.rss_bytes)),
            ("CPU now", "–" if app.cpu_percent is None else f"{app.cpu_percent:.2f} % of a core"),
            ("Threads", "–" if app.thread_count is None else str(app.thread_count)),
            ("Written to disk", format_size(app.written_bytes)),
        ]
        if view.targets:
            rows.append(("Targets", ""))
        rows += [
            (
                target.name,
                f"{format_size(target.rss_bytes)} now, {format_size(target.peak_bytes)} at most, "
                f"{target.restart_count} restarts",
            )
            for target in view.targets
        ]
    if cleanups:
        rows.append(("Cleanups", ""))
        rows += [(event.subject, event.text) for event in cleanups]
    return rows
