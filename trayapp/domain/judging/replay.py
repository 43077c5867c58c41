"""What a history knows of a target's run, and judging it anew from that after a restart.

The same code judges that judged when it happened: nothing of its insides is kept. A run goes on
over a restart of Memtray as long as one of its processes does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.domain.judging.growth_tracker import GrowthRule, GrowthTracker
from trayapp.domain.judging.leaks import LeakDetector, Load, Signal
from trayapp.domain.records.stretches import Figure, Stretch

REPLAYED_METRICS = (
    "kept_bytes", "anon_bytes", "uss_bytes", "rss_bytes", "swap_bytes", "process_count",
    "cpu_percent",
)  # fmt: skip
"""What of a target is replayed."""


def signal_of(stretches: Sequence[Stretch], *, anon_is_private: bool) -> Signal | None:
    """Return which memory a leak is looked for in; None: nothing of the kind was kept."""
    known = {metric for stretch in stretches for metric in stretch.figures}
    if "anon_bytes" in known:
        return "private memory" if anon_is_private else "anonymous memory"
    if "uss_bytes" in known:
        return "private memory"
    return "resident set" if "rss_bytes" in known else None


def replay_leaks(
    detector: LeakDetector, stretches: Iterable[Stretch], signal: Signal, wall_offset_seconds: float
) -> bool:
    """Let a new detector see what was kept; tell whether any of it was swapped out.

    wall_offset_seconds: the monotonic clock less the wall clock.
    """
    metric = "rss_bytes" if signal == "resident set" else "anon_bytes"
    swap: Figure | None = None
    for stretch in stretches:
        figures = stretch.figures
        size = figures.get(metric)
        if metric == "anon_bytes":
            # With the shared memory that is its own, where it has any.
            size = figures.get("kept_bytes") or size or figures.get("uss_bytes")
        swap = figures.get("swap_bytes", swap)
        if size is None:
            continue
        swap_bytes = swap.mean if swap is not None and signal == "anonymous memory" else 0.0
        count, work = figures.get("process_count"), figures.get("cpu_percent")
        detector.fold_stretch(
            stretch.end_wall_seconds + wall_offset_seconds,
            stretch.seconds,
            size.low + swap_bytes,
            size.mean + swap_bytes,
            load=Load(
                children=None if count is None else round(count.mean),
                work=None if work is None else work.mean,
            ),
            unseen=stretch.unseen,
        )
    return swap is not None and swap.high > 0


def replay_growth(
    tracker: GrowthTracker,
    stretches: Iterable[Stretch],
    rule: GrowthRule,
    wall_offset_seconds: float,
) -> None:
    """Let a new tracker see what was kept."""
    for stretch in stretches:
        figures = stretch.figures
        size = figures.get("kept_bytes") or figures.get("anon_bytes") or figures.get("rss_bytes")
        if size is None:
            continue
        count = figures.get("process_count")
        tracker.remember(
            # A mean is the size in the middle: the last stretch may be shorter than the others.
            stretch.end_wall_seconds - stretch.seconds / 2 + wall_offset_seconds,
            stretch.seconds,
            round(size.mean),
            1.0 if count is None else count.mean,
            rule,
        )
        if (resident := figures.get("rss_bytes")) is not None:
            tracker.remember_peak(round(resident.high))
