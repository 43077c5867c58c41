"""The settings as typed records; their defaults are Memtray's defaults.

What a field means to a person, and its range, is said once, in `fields.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trayapp.domain.judging.leaks import LeakSettings as LeakThresholds
from trayapp.domain.records.colors import Rgb
from trayapp.language.units import KIB, MIB

_LEAKS = LeakThresholds()
_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SamplingSettings:
    """How often Memtray looks."""

    interval_seconds: float = 2.0
    adaptive: bool = True
    """Less often where nothing moves and on battery, more often where memory runs short."""
    applications_seconds: float = 10.0
    """How often everything that no target holds is read."""
    private_seconds: float = 30.0
    """How often private and proportional memory of targets is read."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BudgetSettings:
    """What Memtray itself may cost; over it, it looks less often."""

    uss_bytes: int = 32 * MIB
    cpu_percent: float = 1.0
    """Of one core, averaged over a minute."""
    descriptors: int = 16_384
    """One is held for each process that runs."""
    threads: int = 16
    written_bytes_per_minute: int = 2 * MIB


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IconSettings:
    """What the ten bars show."""

    shows: str = "system"
    """"system", "pressure", "largest", "memtray" or the name of a target that exists."""
    span_seconds: float = 5 * _MINUTE
    """The time that all ten bars cover together."""
    palette: str = "default"
    """One of `domain.menu.PALETTE_NAMES`."""
    panel: str = "auto"
    """One of `domain.menu.PANEL_NAMES`."""
    number: str = "off"
    """One of `domain.menu.NUMBER_PLACES`."""
    normal_color: Rgb = (0x12, 0x75, 0xD9)
    warning_color: Rgb = (0xBE, 0x58, 0x00)
    critical_color: Rgb = (0xE6, 0x20, 0x2D)
    emergency_color: Rgb = (0xE6, 0x20, 0x2D)

    @property
    def colors(self) -> tuple[Rgb, ...]:
        """Of the palette "custom": one for each level."""
        return (self.normal_color, self.warning_color, self.critical_color, self.emergency_color)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraySettings:
    """What the icon does when it is used."""

    middle_click: str = "trends"
    """One of `domain.menu.MIDDLE_CLICKS`."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AlertSettings:
    """When memory pressure, of the system or against a target's limit, is told."""

    enabled: bool = True
    warning_percent: float = 75.0
    critical_percent: float = 85.0
    emergency_percent: float = 95.0
    """Strictly above critical, which is strictly above warning."""
    warning_available_bytes: int = 500 * MIB
    """Less than this left is a warning as well; 0: no amount. Each is below the one before."""
    critical_available_bytes: int = 0
    emergency_available_bytes: int = 0
    target_warning_bytes: int = 0
    """A target that has none of its own is told at this size; 0: at none, since what is much for
    a script is little for a browser. Each is above the one before."""
    target_critical_bytes: int = 0
    target_emergency_bytes: int = 0
    rearm_percent: float = 5.0
    """Percent points below a level; less than `warning_percent`."""
    sustain_seconds: float = 4.0
    """For warning and critical; an emergency is told at once."""
    warning_cooldown_seconds: float = 60.0
    critical_cooldown_seconds: float = 30.0
    emergency_cooldown_seconds: float = 10.0
    gap_seconds: float = 60.0
    """Between two banners of any kind, unless the level rises or it is clearly worse."""
    recovery_seconds: float = 30.0
    """How long it must be well again before that is believed."""
    stall_percent: float = 10.0
    """Share of time in which all waited for memory (full avg10) that is a warning."""
    quiet_hours: str = ""
    """Local time, "22:00-07:00"; empty: none."""
    emergency_breaks_through: bool = True
    """Quiet hours and snoozes do not hold an emergency."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverySettings:
    """Where alerts go beside the console and the log."""

    desktop: bool = True
    json_lines: bool = False
    """alerts.jsonl beside the history."""
    json_lines_bytes: int = 4 * MIB
    system_journal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActionSettings:
    """What Memtray may do by itself."""

    per_hour: int = 4
    """Of each action on each target."""
    terminate_phrase: str = ""
    """What a person must have written for `terminate` to be done at all."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChannelSettings:
    """One remote channel that Apprise speaks; exactly one of the three addresses is set."""

    name: str
    url: str | None = field(default=None, repr=False)
    """Holds secrets: never shown, logged or passed on a command line."""
    url_env: str | None = None
    """The environment variable that holds it."""
    url_keyring: str | None = None
    """"SERVICE/USER" in the keyring."""
    level: str = "warning"
    """The least that is sent."""
    resolved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HookSettings:
    """One command of the person's for transitions of incidents."""

    name: str
    command: tuple[str, ...] = ()
    """Program and arguments; no shell."""
    on: tuple[str, ...] = ("raised", "escalated", "resolved")
    events: tuple[str, ...] = ()
    """What else it is run for: kinds of `domain.occasions`."""
    level: str = "warning"
    """The least that it is run for."""
    target: str | None = None
    """Only about this one; None: whatever it is about."""
    limit_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GrowthSettings:
    """When sustained growth is told."""

    enabled: bool = True
    threshold_bytes_per_second: float = 10_000.0
    hold_seconds: float = 30.0
    samples: int = 3
    minimum_bytes: int = 2 * MIB
    warning_bytes_per_second: float = 1e6
    """Each is above the one before."""
    critical_bytes_per_second: float = 5e6
    emergency_bytes_per_second: float = 10e6
    early: bool = False
    """Report growth while nothing depends on it yet, as that of a cache that fills."""
    rate_alone: bool = False
    """Else growth is critical or an emergency only where it fills what is left within an hour or
    ten minutes: a program may load its data."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpikeSettings:
    """When a jump between two samples is told."""

    enabled: bool = True
    by: str = "percent"
    """"percent", where both that and `minimum_bytes` must be reached, or "amount"."""
    percent: float = 100.0
    minimum_bytes: int = 512 * KIB
    amount_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LeakSettings:
    """When growth is called a leak; the reasons for the defaults are the leak detector's."""

    others: bool = True
    """Judge what no target holds, too."""
    staleness: bool = True
    """Ask whether the memory of what grows is touched again; Linux only."""
    score_percent: float = 100 * _LEAKS.leaking_score
    levels: str = "urgency"
    """"urgency", by the time that is left, or "score", by the next three."""
    warning_percent: float = 50.0
    """Each is above the one before."""
    critical_percent: float = 70.0
    emergency_percent: float = 90.0
    proof_seconds: float = _LEAKS.proof_seconds
    minimum_bytes: int = round(_LEAKS.minimum_bytes)
    minimum_percent: float = 100 * _LEAKS.minimum_share
    """Of its size when the climb began."""
    runaway_bytes_per_second: float = _LEAKS.runaway_bytes_per_second
    rising_percent: float = 100 * _LEAKS.sustained_share
    sustained_percent: float = 100 * _LEAKS.sustained_growth
    stair_bytes: int = round(_LEAKS.stair_bytes)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HistorySettings:
    """How long each tier of the history is kept, and how big the file may become."""

    raw_seconds: float = _DAY
    minutes_seconds: float = 30 * _DAY
    hours_seconds: float = 2 * _YEAR
    size_bytes: int = 256 * MIB


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrendSettings:
    """How the trend window looks."""

    chart_height_percent: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
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
    warning_bytes: int | None = None
    """Told at this size; None: at that of all targets, 0: at none."""
    critical_bytes: int | None = None
    emergency_bytes: int | None = None
    growth: bool = True
    spike: bool = True
    on_warning: tuple[str, ...] = ()
    """Actions, by name, when an incident about it reaches that level."""
    on_critical: tuple[str, ...] = ()
    on_emergency: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UiSettings:
    """How Memtray speaks; the language from the next start on."""

    language: str = "auto"
    """"auto", as the system has it, or one of `domain.language.LANGUAGES`."""
    units: str = "binary"
    """One of `domain.units.UNIT_NAMES`."""
    process_memory: bool = True
    programs: bool = True
    charts: bool = True
    """Sections of table, compact view and details that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """All that a person has set; what is not set has its default."""

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    icon: IconSettings = field(default_factory=IconSettings)
    tray: TraySettings = field(default_factory=TraySettings)
    ui: UiSettings = field(default_factory=UiSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    actions: ActionSettings = field(default_factory=ActionSettings)
    growth: GrowthSettings = field(default_factory=GrowthSettings)
    spike: SpikeSettings = field(default_factory=SpikeSettings)
    leak: LeakSettings = field(default_factory=LeakSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    channels: tuple[ChannelSettings, ...] = ()
    hooks: tuple[HookSettings, ...] = ()
    targets: tuple[TargetSettings, ...] = ()
    """In the order of the file: a process belongs to the first that matches."""
    problem: str | None = None
    """What of the file is not used, and why; one line."""
