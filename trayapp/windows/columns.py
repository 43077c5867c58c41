"""The table's columns: which ones exist, what they show, and which a person has chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from trayapp.charts.labels import plain_name
from trayapp.dataclass import NamedTuple
from trayapp.domain.showing.table import (
    TableRow,
    cpu_text,
    memory_text,
    name_text,
    pid_text,
    rate_text,
    share_text,
    status_text,
    trend_text,
)
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_size
from trayapp.windows.geometry import load_values, save_values


class TableColumn(NamedTuple):
    """One column, whether it is shown or not."""

    key: str
    """What it is sorted by; a key of `domain.table.COLUMNS`."""
    title: str
    """For `_`."""
    width: int
    """Pixels on an ordinary screen, at least."""
    right: bool = False
    """Figures stand on the right."""
    is_default: bool = True
    """Whether it is shown until somebody chooses otherwise."""


TABLE_COLUMNS = (
    TableColumn("name", N_("Name"), 215),
    TableColumn("pid", N_("PID"), 105, right=True),
    TableColumn("memory", N_("Memory"), 150, right=True),
    TableColumn("share", N_("% of limit"), 150),
    TableColumn("status", N_("Status"), 170),
    TableColumn("delta", N_("Change/s"), 125, right=True),
    TableColumn("trend", N_("Trend"), 80),
    TableColumn("chart", N_("History"), 110),
    TableColumn("cpu", N_("CPU"), 70, right=True, is_default=False),
    TableColumn("private", N_("Private (USS)"), 110, right=True, is_default=False),
    TableColumn("proportional", N_("Proportional (PSS)"), 110, right=True, is_default=False),
    TableColumn("resident", N_("Resident (RSS)"), 110, right=True, is_default=False),
    TableColumn("swap", N_("Swapped"), 100, right=True, is_default=False),
    TableColumn("virtual", N_("Virtual size"), 110, right=True, is_default=False),
    TableColumn("committed", N_("Committed"), 110, right=True, is_default=False),
    TableColumn("peak", N_("Peak"), 100, right=True, is_default=False),
    TableColumn("kernel_peak", N_("Kernel peak"), 110, right=True, is_default=False),
)
"""In the order in which they stand."""
TEXTS: Mapping[str, Callable[[TableRow], str]] = {
    "name": lambda row: plain_name(name_text(row)),
    "pid": pid_text,
    "memory": memory_text,
    "share": share_text,
    "status": status_text,
    "delta": rate_text,
    "trend": trend_text,
}
"""What stands in the usual columns, in their order."""
FIGURES: Mapping[str, Callable[[TableRow], str]] = {
    "cpu": cpu_text,
    "private": lambda row: format_size(row.uss_bytes),
    "proportional": lambda row: format_size(row.pss_bytes),
    "resident": lambda row: format_size(row.rss_bytes),
    "swap": lambda row: format_size(row.swap_bytes),
    "virtual": lambda row: format_size(row.virtual_bytes),
    "committed": lambda row: format_size(row.committed_bytes),
    "peak": lambda row: format_size(row.peak_bytes),
    "kernel_peak": lambda row: format_size(row.kernel_peak_bytes),
}
"""What stands in the columns that are nothing but a figure."""
ALWAYS = "name"
"""The one that cannot be left out: nothing else tells the rows apart."""


def load_columns(file: Path) -> tuple[TableColumn, ...]:
    """Return the columns that were chosen; the default where nothing sensible is kept."""
    kept = load_values(file).get("columns")
    chosen = {key for key in kept if isinstance(key, str)} if isinstance(kept, list) else set()
    return columns_of(chosen or default_keys())


def save_columns(file: Path, columns: Collection[TableColumn]) -> None:
    """Keep which columns are shown."""
    save_values(file, {"columns": [column.key for column in columns]})


def columns_of(keys: Collection[str]) -> tuple[TableColumn, ...]:
    """Return the columns with these keys, in their order, and the one that is always there."""
    return tuple(column for column in TABLE_COLUMNS if column.key in keys or column.key == ALWAYS)


def default_keys() -> set[str]:
    """Return what is shown until somebody chooses otherwise."""
    return {column.key for column in TABLE_COLUMNS if column.is_default}


def title_of(column: TableColumn) -> str:
    return _(column.title)
