"""The settings as typed records; their defaults are Memtray's defaults.

What a field means to a person, and its range, is said once, in `fields.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trayapp.domain.units import KIB, MIB

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingSettings:
    """How often Memtray looks."""

    interval_seconds: float = 2.0
    adaptive: bool = True
    """Less often where nothing moves and on battery, more often where memory runs short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """What Memtray itself may cost; over it, it looks less often."""

    uss_bytes: int = 32 * MIB
    cpu_percent: float = 1.0
    """Of one core, averaged over a minute."""
    descriptors: int = 16_384
    """One is held for each process that runs."""
    threads: int = 16
    written_bytes_per_minute: int = 2 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class IconSettings:
    """What the ten bars show."""

    shows: str = "system"
    """"system", "memtray" or the name of a target that exists."""
    span_seconds: float = 5 * _MINUTE
    """The time that all ten bars cover together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """When memory pressure, of the system or against a target's limit, is told."""

    enabled: bool = True
    warning_percent: float = 75.0
    critical_percent: float = 85.0
    emergency_percent: float = 95.0
    """Strictly above critical, which is strictly above warning."""
    rearm_percent: float = 5.0
    """Percent points below a level; less than `warning_percent`."""
    sustain_seconds: float = 4.0
    """For warning and critical; an emergency is told at once."""
    warning_cooldown_seconds: float = 60.0
    critical_cooldown_seconds: float = 30.0
    emergency_cooldown_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthSettings:
    """When sustained growth is told."""

    enabled: bool = True
    threshold_bytes_per_second: float = 10_000.0
    hold_seconds: float = 30.0
    samples: int = 3
    minimum_bytes: int = 2 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeSettings:
    """When a jump between two samples is told: both measures must be reached."""

    enabled: bool = True
    percent: float = 100.0
    minimum_bytes: int = 512 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakSettings:
    """When growth is called a leak; the reasons for the defaults are the leak detector's."""

    others: bool = True
    """Judge what no target holds, too."""
    score_percent: float = 70.0
    proof_seconds: float = 760.0
    minimum_bytes: int = 4 * MIB
    minimum_percent: float = 8.0
    """Of its size when the climb began."""
    runaway_bytes_per_second: float = 1e6
    rising_percent: float = 70.0
    sustained_percent: float = 10.0
    stair_bytes: int = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """How long each tier of the history is kept, and how big the file may become."""

    raw_seconds: float = _DAY
    minutes_seconds: float = 30 * _DAY
    hours_seconds: float = 2 * _YEAR
    size_bytes: int = 256 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSettings:
    """How the trend window looks."""

    chart_height_percent: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """One program to follow; exactly one of `match` and `regex` is set."""

    name: str
    match: str | None = None
    """Occurs literally in the command line."""
    regex: str | None = None
    """Is found in the command line by `re.search`; it compiles."""
    children: bool = True
    """Processes started by a matching one count, too."""
    limit_bytes: int | None = None
    limit_share: float | None = None
    """Share of the machine's memory, 1.0 is all; at most one of the two limits is set."""
    growth: bool = True
    spike: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a person has set; what is not set has its default."""

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    icon: IconSettings = field(default_factory=IconSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    growth: GrowthSettings = field(default_factory=GrowthSettings)
    spike: SpikeSettings = field(default_factory=SpikeSettings)
    leak: LeakSettings = field(default_factory=LeakSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    targets: tuple[TargetSettings, ...] = ()
    """In the order of the file: a process belongs to the first that matches."""
