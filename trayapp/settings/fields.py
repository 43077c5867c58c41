"""The one table of all settings: key, kind, range and help."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from trayapp.domain.units import GIB, KIB, MIB
from trayapp.settings.kinds import (
    Duration,
    Flag,
    Kind,
    LimitKind,
    Name,
    Number,
    Pattern,
    Size,
    Subject,
    Text,
    Whole,
)
from trayapp.settings.records import (
    AlertSettings,
    BudgetSettings,
    GrowthSettings,
    HistorySettings,
    IconSettings,
    LeakSettings,
    SamplingSettings,
    SpikeSettings,
    TargetSettings,
    TrendSettings,
)

TARGETS_TABLE = "targets"
LONGEST_NAME = 64
"""Characters in the name of a target."""
RESERVED_NAMES = ("system", "memtray")
"""What `icon.shows` and the commands call something else than a target."""

_TIB = 1024 * GIB
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file: [name]."""

    name: str
    record: type
    """What it is read into; all its fields have defaults."""
    help: str


@dataclass(frozen=True, slots=True)
class Field:
    """One setting."""

    table: str
    key: str
    attribute: str
    """Its name in the record; "limit" of a target stands for `limit_bytes` and `limit_share`."""
    kind: Kind
    help: str

    @property
    def default(self) -> object:
        """The record's value when nothing is set; None for a limit."""
        return getattr(_defaults(self.table), self.attribute, None)


TABLES = (
    Table("sampling", SamplingSettings, "How often Memtray looks."),
    Table("budget", BudgetSettings, "What Memtray itself may cost; over it, it looks less often."),
    Table("icon", IconSettings, "What the ten bars in the tray show."),
    Table("alerts", AlertSettings, "When to speak up about memory running out."),
    Table("growth", GrowthSettings, "When to speak up about a program that keeps growing."),
    Table("spike", SpikeSettings, "When to speak up about a program that jumps."),
    Table("leak", LeakSettings, "When growth that will not stop is called a leak."),
    Table("history", HistorySettings, "How long the past is kept."),
    Table("trends", TrendSettings, "The trend window."),
)
"""In the order of the file; [[targets]] come after them."""

FIELDS = (
    Field("sampling", "interval", "interval_seconds", Duration(0.2, 30),
          "time between two looks"),
    Field("sampling", "adaptive", "adaptive", Flag(),
          "slower when idle or on battery, faster when memory is short"),
    Field("budget", "uss", "uss_bytes", Size(4 * MIB, GIB),
          "its private memory"),
    Field("budget", "cpu_percent", "cpu_percent", Number(0.1, 100),
          "share of one core, on average over a minute"),
    Field("budget", "descriptors", "descriptors", Whole(64, 1_000_000),
          "its open files; on Linux one for each process that runs"),
    Field("budget", "threads", "threads", Whole(4, 1000),
          "how many threads it runs"),
    Field("budget", "written_per_minute", "written_bytes_per_minute", Size(64 * KIB, GIB),
          "what goes to disk in a minute"),
    Field("icon", "shows", "shows", Subject(LONGEST_NAME),
          "whose memory"),
    Field("icon", "span", "span_seconds", Duration(10, _DAY),
          "time that the ten bars cover"),
    Field("alerts", "enabled", "enabled", Flag(),
          "show notifications"),
    Field("alerts", "warning_percent", "warning_percent", Number(1, 100),
          "memory in use (of a target: of its limit) that is a warning"),
    Field("alerts", "critical_percent", "critical_percent", Number(1, 100),
          "the same that is critical; above warning_percent"),
    Field("alerts", "emergency_percent", "emergency_percent", Number(1, 100),
          "the same that is an emergency; above critical_percent"),
    Field("alerts", "rearm_percent", "rearm_percent", Number(0.5, 50),
          "how far below a level it must fall before that is told again"),
    Field("alerts", "sustain", "sustain_seconds", Duration(0, 10 * _MINUTE),
          "how long it must last; an emergency is told at once"),
    Field("alerts", "warning_cooldown", "warning_cooldown_seconds", Duration(0, _HOUR),
          "least time between two warnings"),
    Field("alerts", "critical_cooldown", "critical_cooldown_seconds", Duration(0, _HOUR),
          "the same for critical"),
    Field("alerts", "emergency_cooldown", "emergency_cooldown_seconds", Duration(0, _HOUR),
          "the same for an emergency"),
    Field("growth", "enabled", "enabled", Flag(),
          "watch for growth"),
    Field("growth", "threshold_kb_per_second", "threshold_bytes_per_second", Number(1, 200, 1000),
          "average growth above this is suspicious"),
    Field("growth", "hold", "hold_seconds", Duration(2, _HOUR),
          "how long the growth must last"),
    Field("growth", "samples", "samples", Whole(3, 100),
          "how many looks must agree at least"),
    Field("growth", "minimum", "minimum_bytes", Size(0, GIB),
          "growth below this in all is not told"),
    Field("spike", "enabled", "enabled", Flag(),
          "watch for jumps"),
    Field("spike", "percent", "percent", Number(25, 200),
          "growth between two looks, in percent of the earlier one"),
    Field("spike", "minimum_kib", "minimum_bytes", Whole(64, 2048, KIB),
          "and at least so many KiB"),
    Field("leak", "others", "others", Flag(),
          "judge all other programs, too, not only targets"),
    Field("leak", "score_percent", "score_percent", Number(50, 95),
          "how sure Memtray must be"),
    Field("leak", "proof", "proof_seconds", Duration(5 * _MINUTE, 6 * _HOUR),
          "how long a clean climb must last to be that sure"),
    Field("leak", "minimum", "minimum_bytes", Size(MIB, 4 * GIB),
          "growth below this is what programs do"),
    Field("leak", "minimum_percent", "minimum_percent", Number(1, 100),
          "the same, in percent of the size before"),
    Field("leak", "runaway_kb_per_second", "runaway_bytes_per_second", Number(100, 100_000, 1000),
          "growth as quick as this is told without waiting for proof"),
    Field("leak", "rising_percent", "rising_percent", Number(50, 100),
          "sustained growth, one of the simple rules: share of looks that rise"),
    Field("leak", "sustained_percent", "sustained_percent", Number(1, 100),
          "and the growth in all"),
    Field("leak", "stair", "stair_bytes", Size(64 * KIB, GIB),
          "staircase, one of the simple rules: the smallest step"),
    Field("history", "raw", "raw_seconds", Duration(_HOUR, 7 * _DAY),
          "every sample"),
    Field("history", "minutes", "minutes_seconds", Duration(_DAY, 90 * _DAY),
          "minimum, mean and maximum of each minute"),
    Field("history", "hours", "hours_seconds", Duration(7 * _DAY, 5 * _YEAR),
          "minimum, mean and maximum of each hour"),
    Field("history", "size", "size_bytes", Size(16 * MIB, 4 * GIB),
          "most it may take on disk; the oldest goes first"),
    Field("trends", "chart_height_percent", "chart_height_percent", Number(40, 150),
          "height of a chart"),
    Field("targets", "name", "name", Name(LONGEST_NAME),
          "what menu, alerts and commands call it"),
    Field("targets", "match", "match", Text(4096),
          "text that occurs in the command line"),
    Field("targets", "regex", "regex", Pattern(1000),
          "instead of match: found in the command line"),
    Field("targets", "children", "children", Flag(),
          "count the processes it has started, too"),
    Field("targets", "limit", "limit", LimitKind(Size(MIB, 64 * _TIB)),
          "what it may use; alerts are percent of this"),
    Field("targets", "growth", "growth", Flag(),
          "watch it for growth"),
    Field("targets", "spike", "spike", Flag(),
          "watch it for jumps"),
)  # fmt: skip


def fields_of(table: str) -> dict[str, Field]:
    """The settings of one table by their keys."""
    return {field.key: field for field in FIELDS if field.table == table}


@cache
def _defaults(table: str) -> object:
    if table == TARGETS_TABLE:
        return TargetSettings(name="")
    return next(entry.record() for entry in TABLES if entry.name == table)
