"""The selection of a trend chart: its curves, and its stretch of time."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.language.catalogue import N_, _

METRICS = ("rss", "uss", "pss", "swap")
"""The kinds of memory that the history keeps of targets: "rss_bytes" and so on."""


def metric_label(metric: str) -> str:
    """Return the name of one of `METRICS` for people."""
    return {
        "rss": _("Resident set (RSS)"),
        "uss": _("Private memory (USS)"),
        "pss": _("Proportional share (PSS)"),
        "swap": _("Swap"),
    }[metric]


class Range(NamedTuple):
    """One of the buttons for the time axis."""

    label: str
    """For `_`."""
    seconds: float | None
    """None: all there is."""


RANGES = (
    Range(N_("10 min"), 600.0),
    Range(N_("1 h"), 3600.0),
    Range(N_("6 h"), 6 * 3600.0),
    Range(N_("24 h"), 24 * 3600.0),
    Range(N_("7 d"), 7 * 86400.0),
    Range(N_("All"), None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One choice of curves and time."""

    system: bool = True
    app: bool = False
    """Memtray itself, among the targets."""
    targets: tuple[str, ...] = ()
    span_seconds: float | None = None
    """The last so many seconds; None: all there is."""
    window: tuple[float, float] | None = None
    """Fixed wall times instead of the last so many seconds; of `runs_of`, seconds since starts."""
    metric: str = "rss"
    """Which memory of the targets; one of `METRICS`."""
    stacked: bool = False
    """Areas on top of each other instead of lines."""
    runs_of: str | None = None
    """Instead of all else: the runs of this target, laid over each other from their starts."""
    moment: float | None = None
    """A wall time to mark."""
