"""What Memtray did so far, as rows of label and value for a small table."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import dataclass
from trayapp.domain.acting.cleanups import CLEANUP
from trayapp.domain.judging.view import View
from trayapp.domain.records.samples import AppSample
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _, format_count, format_number, ngettext
from trayapp.language.units import format_duration, format_percent, format_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of one run."""

    running_seconds: float
    sample_count: int
    interval_seconds: float
    pace_reason: str
    """Why so often."""
    sent_count: int
    held_count: int
    shown_count: int
    notification_status: str
    store_bytes: int | None
    """The history's file with its log; None: there is none."""
    task_count: int = 0
    """Tasks of programs that were kept in it."""
    left_out_task_count: int = 0


def statistics_rows(
    totals: Totals, view: View | None, cleanups: Sequence[Event]
) -> list[tuple[str, str]]:
    """The table; a row with an empty value is a heading."""
    rows = [
        (_("This session"), ""),
        (_("Uptime"), format_duration(totals.running_seconds)),
        (
            _("Samples"),
            _("{count}, one every {seconds} s").format(
                count=format_count(totals.sample_count),
                seconds=format_number(float(f"{totals.interval_seconds:.3g}"), None),
            ),
        ),
        (_("Sampling pace"), totals.pace_reason),
        (_("History on disk"), format_size(totals.store_bytes)),
        (_("Notifications"), ""),
        (_("Sent"), str(totals.sent_count)),
        (_("Shown on the desktop"), str(totals.shown_count)),
        (_("Held back"), str(totals.held_count)),
        (_("Delivery"), totals.notification_status),
    ]
    if view is not None:
        app = view.app
        rows += [
            (_("Memtray's own cost"), ""),
            (_("Private memory (USS)"), format_size(app.uss_bytes)),
            (_("Resident set (RSS)"), format_size(app.rss_bytes)),
            (
                _("CPU now"),
                "–"
                if app.cpu_percent is None
                else _("{share} of a core").format(share=format_percent(app.cpu_percent / 100, 2)),
            ),
            (_("Threads"), "–" if app.thread_count is None else str(app.thread_count)),
            (_("Written to disk"), format_size(app.written_bytes)),
            (_("Child processes"), _child_figures(app)),
        ]
        health = _("not known yet") if view.health is None else view.health.text
        rows[1:1] = [(_("Health of the machine"), health)]
    rows += _cleanup_rows(cleanups)
    if view is not None:
        if view.targets:
            rows.append((_("Tracked programs"), ""))
        rows += [
            (
                target.name,
                (
                    ngettext(
                        "not running, peak {peak}, {count} restart",
                        "not running, peak {peak}, {count} restarts",
                        target.restart_count,
                    )
                    if target.rss_bytes is None
                    else ngettext(
                        "{size} now, peak {peak}, {count} restart",
                        "{size} now, peak {peak}, {count} restarts",
                        target.restart_count,
                    )
                ).format(
                    size=format_size(target.size_bytes),
                    peak=format_size(target.peak_bytes),
                    count=format_count(target.restart_count),
                ),
            )
            for target in view.targets
        ]
    if totals.task_count or totals.left_out_task_count:
        rows += [
            (_("Tasks"), ""),
            (_("Recorded"), format_count(totals.task_count)),
            (_("Left out"), format_count(totals.left_out_task_count)),
        ]
    return rows


def _child_figures(app: AppSample) -> str:
    if app.child_count is None:
        return "–"
    # Translators: how many processes, and their memory.
    text = _("{count}, {size}")
    if app.child_cpu_percent is not None:
        # Translators: how many processes, their memory, and their share of a processor core.
        text = _("{count}, {size}, {share} of a core")
    return text.format(
        count=format_count(app.child_count),
        size=format_size(app.child_bytes),
        share=format_percent((app.child_cpu_percent or 0.0) / 100, 2),
    )


def _cleanup_rows(cleanups: Sequence[Event]) -> list[tuple[str, str]]:
    """Return what was given back in all, at once and after a minute, and each cleanup."""
    if not cleanups:
        return []
    done = [event for event in cleanups if event.kind == CLEANUP]
    return [
        (_("Freed memory"), ""),
        (_("Done"), format_count(len(done))),
        (_("Freed immediately"), format_size(_total(done, "freed_bytes"))),
        (_("Still free a minute later"), format_size(_total(cleanups, "kept_bytes"))),
        # The name stands before it, and need not be said again.
        *(
            (event.subject, event.text.removeprefix(event.subject).lstrip(" :："))
            for event in cleanups
        ),
    ]


def _total(events: Sequence[Event], key: str) -> float | None:
    """The sum of what was gained; None: it is not known of any."""
    found = [event.data.get(key) for event in events]
    sizes = [max(0, size) for size in found if isinstance(size, int | float)]
    return sum(sizes) if sizes else None
