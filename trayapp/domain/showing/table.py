"""The table of all that uses memory: its rows from what the applet tells, sorted and filtered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from trayapp.dataclass import NamedTuple, dataclass, replace
from trayapp.domain.judging.trend import is_flat, rate_said, trend_arrow
from trayapp.domain.records.levels import Level, as_level
from trayapp.domain.records.sizes import SIZE_KINDS, SizeKind, size_label
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_duration, format_percent, format_size

APP, TARGET, APPLICATION, PAST = "app", "target", "application", "past"
"""Kinds of rows: Memtray itself, what is followed, all else, and what was followed once."""
PROCESS = "process"
"""The kind of a row below one of the others; its name is pid and start: "1234:567"."""
GONE_SECONDS = 60.0
"""So long an application that has ended is still told of."""


_FIGURES = (
    "rss_bytes", "uss_bytes", "pss_bytes", "swap_bytes", "virtual_bytes", "committed_bytes",
    "kernel_peak_bytes", "cpu_percent",
)  # fmt: skip
"""What is read of an answer under the name that it has here."""


class RowKey(NamedTuple):
    """Tells a row from all others, whatever becomes of it."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One target or application now; unknown is None."""

    kind: str
    """APP, TARGET, APPLICATION or PAST."""
    name: str
    pids: tuple[int, ...] = ()
    """Empty: it does not run."""
    rss_bytes: float | None = None
    """Sum of the resident sets, where shared pages count in each."""
    size_bytes: float | None = None
    """What its processes take together; None: by their resident sets."""
    size_kind: SizeKind = "resident"
    uss_bytes: float | None = None
    pss_bytes: float | None = None
    swap_bytes: float | None = None
    virtual_bytes: float | None = None
    committed_bytes: float | None = None
    kernel_peak_bytes: float | None = None
    cpu_percent: float | None = None
    """Share of one core."""
    peak_bytes: float | None = None
    limit_bytes: float | None = None
    limit_share: float | None = None
    """Of its own limit, or where it has none of all the memory there is; 1.0 is all."""
    has_own_limit: bool = False
    size_limit_bytes: float | None = None
    """The limit to draw in a chart of its size; None: nothing but the machine bounds that."""
    slope_bytes_per_second: float | None = None
    bars: tuple[float | None, ...] = ()
    """Bytes, oldest first."""
    verdict: str = "healthy"
    """"healthy", "growing", "leaking" or "gone"."""
    level: Level = Level.NORMAL
    """The worst open incident about it."""
    restart_count: int = 0
    limit_label: str = ""
    """When the first limit is reached, in a few words; empty: it does not grow."""
    unmatched_text: str = ""
    """Where nothing has ever matched its rule: what is most like it."""
    label: str = ""
    """Of a process: what to call it, a stranger's word."""
    parent: RowKey | None = None
    """Of a process: the row that it belongs to."""
    uptime_seconds: float | None = None
    """Of a process: how long it has been running."""
    evidence: str = ""
    """Sentences of the leak detector; only where one row was asked for."""

    @property
    def key(self) -> RowKey:
        return RowKey(self.kind, self.name)

    @property
    def is_running(self) -> bool:
        return bool(self.pids)


def row_from(told: Mapping[str, object]) -> TableRow:
    """Read one row of the applet's answer, which may be of another version: what fits is taken."""
    pids, bars = told.get("pids"), told.get("bars")
    figures: dict[str, Any] = {figure: as_number(told.get(figure)) for figure in _FIGURES}
    return TableRow(
        kind=str(told.get("kind", APPLICATION)),
        name=str(told.get("name", "")),
        pids=tuple(pid for pid in pids if isinstance(pid, int)) if isinstance(pids, list) else (),
        **figures,
        size_bytes=as_number(told.get("size_bytes")),
        size_kind=_as_size_kind(told.get("size_kind")),
        peak_bytes=as_number(told.get("peak_bytes")),
        limit_bytes=as_number(told.get("limit_bytes")),
        limit_share=as_number(told.get("limit_share")),
        has_own_limit=told.get("has_own_limit") is True,
        size_limit_bytes=as_number(told.get("size_limit_bytes")),
        slope_bytes_per_second=as_number(told.get("slope_bytes_per_second")),
        bars=tuple(map(as_number, bars)) if isinstance(bars, list) else (),
        verdict=str(told.get("verdict", "healthy")),
        level=as_level(told.get("level")),
        restart_count=int(as_number(told.get("restart_count")) or 0),
        limit_label=str(told.get("limit_label") or ""),
        unmatched_text=str(told.get("unmatched_text") or ""),
        evidence=str(told.get("evidence") or ""),
    )


class TableKeeper:
    """Merges answers of the applet: an application that ends stays a while, as gone.

    Of an application only the processes are known: where all of them are others than before, it
    was started again; where a target has one of them, it is that target now. What is told of the
    followed ones alone is some seconds old: it does not bring back processes that have ended since.
    """

    def __init__(self) -> None:
        self._applications: dict[RowKey, TableRow] = {}
        self._gone_at: dict[RowKey, float] = {}
        self._gone_pids: dict[RowKey, frozenset[int]] = {}

    def merge(self, rows: Iterable[TableRow], now: float, *, complete: bool) -> list[TableRow]:
        """Merge one answer; `now`: monotonic seconds.

        complete: whether all applications were told; else those not told are as they were.
        """
        told = list(rows)
        applications = {row.key: row for row in told if row.kind == APPLICATION}
        followed = {pid for row in told if row.kind == TARGET for pid in row.pids}
        for key, before in self._applications.items():
            if key not in applications and followed.intersection(before.pids):
                continue
            is_stale = not complete and key in applications and self._has_ended(applications[key])
            if is_stale:
                applications[key] = before
            elif key in applications:
                after = applications[key]
                is_other = before.pids and not set(before.pids) & set(after.pids)
                # One that was gone has no pids left to compare.
                count = before.restart_count + bool(is_other or key in self._gone_at)
                applications[key] = replace(after, restart_count=count)
            elif complete:
                self._gone_at.setdefault(key, now)
                self._gone_pids.setdefault(key, frozenset(before.pids))
                applications[key] = _gone(before)
            else:
                applications[key] = before
        for key in [key for key in self._gone_at if applications[key].is_running]:
            del self._gone_at[key], self._gone_pids[key]
        for key in [key for key, at in self._gone_at.items() if now - at > GONE_SECONDS]:
            del self._gone_at[key], self._gone_pids[key], applications[key]
        self._applications = applications
        return [row for row in told if row.kind != APPLICATION] + list(applications.values())

    def _has_ended(self, row: TableRow) -> bool:
        """Return whether all its processes were known to have ended."""
        return row.key in self._gone_pids and self._gone_pids[row.key].issuperset(row.pids)


def memory_text(row: TableRow) -> str:
    """The size with how it was found: "412 MiB PSS"."""
    return size_label(taken_bytes(row), row.size_kind, len(row.pids))


def taken_bytes(row: TableRow) -> float | None:
    """Return what its processes take together, as well as it is known."""
    return row.rss_bytes if row.size_bytes is None else row.size_bytes


def cpu_text(row: TableRow) -> str:
    return format_percent(None if row.cpu_percent is None else row.cpu_percent / 100, 1)


def share_text(row: TableRow) -> str:
    """Return the share of its limit that is taken, else that of the machine's memory."""
    if row.limit_share is None:
        return "–"
    # On a large machine most of them take less than one percent.
    digits = sum(0 < row.limit_share < least for least in (0.00995, 0.000995))
    share = format_percent(row.limit_share, digits)
    if row.has_own_limit:
        return _("{share} of {limit}").format(share=share, limit=format_size(row.limit_bytes))
    return _("{share} of RAM").format(share=share)


def status_text(row: TableRow) -> str:
    """Return whether it runs, was restarted, and what is wrong with it, in words."""
    if row.kind == PAST:
        return _("history only")
    if not row.is_running:
        return _("no match") if row.unmatched_text else _("exited")
    text = _("running")
    if row.uptime_seconds is not None:
        text = _("running for {time}").format(time=format_duration(row.uptime_seconds))
    if row.restart_count:
        text = ngettext("restarted", "restarted {count} times", row.restart_count).format(
            count=row.restart_count
        )
    concern = _concern(row)
    if concern and row.limit_label:
        concern = _("{concern}, {left}").format(concern=concern, left=row.limit_label)
    if concern:
        # Translators: how a program stands, such as "running, leaking".
        return _("{status}, {concern}").format(status=text, concern=concern)
    return text


def trend_text(row: TableRow) -> str:
    """Arrow and word for where its size goes; below 5 KB/s counts as flat."""
    rate = row.slope_bytes_per_second
    arrow = trend_arrow(rate)
    if rate is None:
        return arrow
    if is_flat(rate):
        return _("{arrow} flat").format(arrow=arrow)
    return (_("{arrow} up") if rate > 0 else _("{arrow} down")).format(arrow=arrow)


def rate_text(row: TableRow) -> str:
    """Change per second with its sign; below 5 KB/s it is only noise and no figure is shown."""
    return rate_said(row.slope_bytes_per_second)


def name_text(row: TableRow) -> str:
    """Return its name; several processes are counted."""
    if row.kind == APP:
        return _("Memtray itself")
    if row.kind == PROCESS:
        return row.label
    count = len(row.pids)
    return f"{row.name} ×{count}" if count > 1 else row.name


def pid_text(row: TableRow) -> str:
    """Return its process id; of several the first, and how many there are beside it."""
    if not row.pids:
        return "–"
    first, *others = row.pids
    return f"{first} +{len(others)}" if others else str(first)


def kind_text(row: TableRow) -> str:
    if row.kind == APPLICATION:
        return _("application")
    return _("tracked") if row.kind == TARGET else ""


Value = str | float | None
COLUMNS: Mapping[str, Callable[[TableRow], Value]] = {
    "name": lambda row: name_text(row).casefold(),
    "pid": lambda row: row.pids[0] if row.pids else None,
    "memory": taken_bytes,
    "share": lambda row: row.limit_share,
    "status": lambda row: _severity(row),
    "delta": lambda row: row.slope_bytes_per_second,
    "trend": lambda row: _direction(row),
    "chart": lambda row: _swing(row),
    "cpu": lambda row: row.cpu_percent,
    "private": lambda row: row.uss_bytes,
    "proportional": lambda row: row.pss_bytes,
    "resident": lambda row: row.rss_bytes,
    "swap": lambda row: row.swap_bytes,
    "virtual": lambda row: row.virtual_bytes,
    "committed": lambda row: row.committed_bytes,
    "kernel_peak": lambda row: row.kernel_peak_bytes,
    "peak": lambda row: row.peak_bytes,
}
"""What each column is sorted by; None is unknown."""


class Order(NamedTuple):
    """Which column the table is sorted by."""

    column: str = "memory"
    descending: bool = True

    def chosen(self, column: str) -> Order:
        """The order after a click on a column: figures from the top, names from A."""
        if column == self.column:
            return Order(column, not self.descending)
        return Order(column, column != "name")


def sort_rows(rows: Iterable[TableRow], order: Order) -> list[TableRow]:
    """The rows in order; what is unknown stays at the end, equal ones are sorted by name."""
    value = COLUMNS[order.column]
    by_name = sorted(rows, key=lambda row: (name_text(row).casefold(), row.key))
    known = [(found, row) for row in by_name if (found := value(row)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [row for _, row in known] + [row for row in by_name if value(row) is None]


def filter_rows(rows: Iterable[TableRow], text: str) -> list[TableRow]:
    """Rows in which every word of `text` is found: in name, kind, status, trend or a pid."""
    words = text.casefold().split()
    return [row for row in rows if all(word in _searched(row) for word in words)]


def _searched(row: TableRow) -> str:
    texts = (name_text(row), kind_text(row), status_text(row), trend_text(row))
    return " ".join((*texts, *map(str, row.pids))).casefold()


def _concern(row: TableRow) -> str:
    words = {
        "leaking": _("leaking"),
        "growing": _("growing"),
    }
    levels = {
        Level.EMERGENCY: _("emergency"),
        Level.CRITICAL: _("critical"),
        Level.WARNING: _("warning"),
    }
    if row.level >= Level.CRITICAL:
        return levels[row.level]
    return words.get(row.verdict) or levels.get(row.level, "")


def _severity(row: TableRow) -> float | None:
    """Worse is more; what does not run is less than all that does."""
    if row.kind == PAST:
        return None
    if not row.is_running:
        return -1.0
    verdict = {"leaking": 2, "growing": 1}.get(row.verdict, 0)
    return 100.0 * row.level + 10.0 * verdict + min(9, row.restart_count)


def _direction(row: TableRow) -> float | None:
    rate = row.slope_bytes_per_second
    if rate is None:
        return None
    return 0.0 if is_flat(rate) else 1.0 if rate > 0 else -1.0


def _swing(row: TableRow) -> float | None:
    """By how much of its size it changed over what the little chart shows."""
    known: Sequence[float] = [bar for bar in row.bars if bar is not None]
    return (known[-1] - known[0]) / max(known[0], 1.0) if known else None


def as_number(value: object) -> float | None:
    """A figure of an answer; None for anything else."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _as_size_kind(value: object) -> SizeKind:
    return next((kind for kind in SIZE_KINDS if kind == value), "resident")


def _gone(before: TableRow) -> TableRow:
    """Return what is left of a row whose processes have ended."""
    return TableRow(
        kind=before.kind,
        name=before.name,
        peak_bytes=before.peak_bytes,
        limit_bytes=before.limit_bytes,
        has_own_limit=before.has_own_limit,
        size_limit_bytes=before.size_limit_bytes,
        bars=before.bars,
        verdict="gone",
        restart_count=before.restart_count,
    )
