"""All settings: each is declared once, with its default, range, title and help.

Of these declarations are made the records that the rest of Memtray reads, the parser, the
commented file of the first start and the settings window.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trayapp.domain.acting.occasions import OCCASION_NAMES
from trayapp.domain.judging.leaks import LeakSettings as LeakThresholds
from trayapp.domain.records.colors import Rgb
from trayapp.domain.showing.menu import (
    BAR_SCALES,
    MIDDLE_CLICKS,
    NUMBER_PLACES,
    PALETTE_NAMES,
    PANEL_NAMES,
)
from trayapp.language.catalogue import LANGUAGES, N_
from trayapp.language.units import GIB, KIB, MIB, UNIT_NAMES
from trayapp.settings.fields import Field, Section, declare, setting
from trayapp.settings.kinds import (
    Choice,
    Color,
    Duration,
    Flag,
    Hours,
    Limit,
    LimitKind,
    Number,
    Size,
    Texts,
    Whole,
)
from trayapp.settings.text_kinds import Name, Pattern, Secret, Subject, Text

TARGETS_TABLE = "targets"
CHANNELS_TABLE = "channels"
HOOKS_TABLE = "hooks"
LEVEL_NAMES = ("warning", "critical", "emergency")
TRANSITION_NAMES = ("raised", "escalated", "resolved")
TERMINATE_PHRASE = "I accept lost work"
ACTION_NAMES = ("snapshot", "collect", "cleanup", "restart", "terminate")
"""What Memtray may do automatically, worst last."""
LONGEST_NAME = 64
"""Characters in the name of a target."""
RESERVED_NAMES = ("system", "pressure", "largest", "memtray")
"""What `icon.shows` and the commands call something else than a target."""

_TIB = 1024 * GIB
_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY
_RATE = Number(0.1, 10_000, 1_000_000)
_LEAKS = LeakThresholds()
_LEVELS = (N_("Warning"), N_("Critical"), N_("Emergency"))
_ACTIONS = (
    N_("Take a snapshot"),
    N_("Collect garbage"),
    N_("Clean up"),
    N_("Restart"),
    N_("Terminate"),
)

# fmt: off


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SamplingSettings:
    """How often the machine is sampled."""

    interval_seconds: float = setting(2.0, Duration(0.2, 30), N_("Interval"),
        N_("time between two looks"))
    adaptive: bool = setting(True, Flag(), N_("Adapt the interval"),
        N_("slower when idle or on battery, faster when memory is short"))
    applications_seconds: float = setting(10.0, Duration(5, 2 * _MINUTE),
        N_("Interval of applications"), N_("time between two looks at what is no target"))
    private_seconds: float = setting(30.0, Duration(5, 10 * _MINUTE),
        N_("Interval of private memory"),
        N_("the same for private and proportional memory of targets"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BudgetSettings:
    """The costs of Memtray itself, above which it samples less often."""

    uss_bytes: int = setting(32 * MIB, Size(4 * MIB, GIB), N_("Private memory"),
        N_("its private memory"))
    cpu_percent: float = setting(1.0, Number(0.1, 100), N_("Processor (% of one core)"),
        N_("share of one core, on average over a minute"))
    descriptors: int = setting(16_384, Whole(64, 1_000_000), N_("Open files"),
        N_("its open files; on Linux one for each process that runs"))
    threads: int = setting(16, Whole(4, 1000), N_("Threads"), N_("how many threads it runs"))
    written_bytes_per_minute: int = setting(2 * MIB, Size(64 * KIB, GIB),
        N_("Written to disk per minute"), N_("what goes to disk in a minute"),
        key="written_per_minute")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IconSettings:
    """The ten bars and their colours."""

    shows: str = setting("system", Subject(LONGEST_NAME, RESERVED_NAMES, (N_("The machine"),
        N_("Memory pressure"), N_("The largest program"), N_("Memtray itself"))),
        N_("What it shows"), N_("whose memory; \"pressure\": the waiting for it"))
    """"system", "pressure", "largest", "memtray" or the name of a target that exists."""
    span_seconds: float = setting(5 * _MINUTE, Duration(10, _DAY), N_("Time span"),
        N_("time that the ten bars cover"))
    scale: str = setting("whole", Choice(BAR_SCALES, (N_("All memory, or the limit"),
        N_("The range of the time span"))), N_("Full height of the bars"),
        N_("\"range\": the least and the most of the time span, which shows small changes"))
    palette: str = setting("default", Choice(PALETTE_NAMES, (N_("Standard"), N_("Safe"),
        N_("Monochrome"), N_("Custom"))), N_("Palette"),
        N_("\"safe\" for colour-blind eyes, \"mono\" without colours"))
    panel: str = setting("auto", Choice(PANEL_NAMES, (N_("Automatic"), N_("Light"), N_("Dark"))),
        N_("Panel"), N_("what is behind the icon; \"auto\": as the desktop says"))
    number: str = setting("off", Choice(NUMBER_PLACES, (N_("No number"), N_("Under the bars"),
        N_("Instead of the bars"), N_("Beside the icon"))), N_("Number"),
        N_("percent of memory: under, in place of or beside the bars"))
    normal_color: Rgb = setting((0x12, 0x75, 0xD9), Color(), N_("Colour when all is well"),
        N_("of the palette \"custom\", while all is well"))
    warning_color: Rgb = setting((0xBE, 0x58, 0x00), Color(), N_("Colour at a warning"),
        N_("the same at a warning"))
    critical_color: Rgb = setting((0xE6, 0x20, 0x2D), Color(), N_("Colour when critical"),
        N_("the same when it is critical"))
    emergency_color: Rgb = setting((0xE6, 0x20, 0x2D), Color(), N_("Colour in an emergency"),
        N_("the same in an emergency"))

    @property
    def colors(self) -> tuple[Rgb, ...]:
        """The colours of the palette "custom", one for each level."""
        return (self.normal_color, self.warning_color, self.critical_color, self.emergency_color)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraySettings:
    """The actions of the icon."""

    middle_click: str = setting("trends", Choice(MIDDLE_CLICKS, (N_("Open the trends"),
        N_("Pause or resume"), N_("Clean up Memtray"), N_("Take a snapshot"), N_("Nothing"))),
        N_("Middle click"), N_("what a click by the middle button does"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UiSettings:
    """How Memtray speaks; the language from the next start on."""

    language: str = setting("auto", Choice(("auto", *LANGUAGES), (N_("As the system"), "English",
        "Deutsch", "Español", "Français", "日本語", "简体中文")), N_("Language"),
        N_("what it speaks, from the next start on"))
    units: str = setting("binary", Choice(UNIT_NAMES, ("MiB, GiB", "MB, GB")), N_("Units"),
        N_("sizes in MiB and GiB, or in MB and GB"))
    process_memory: bool = setting(True, Flag(), N_("Show process memory"),
        N_("show Memtray's own row in the table, and the figures in the details"))
    programs: bool = setting(True, Flag(), N_("Show other programs"),
        N_("show applications that are no targets in table and compact view"))
    charts: bool = setting(True, Flag(), N_("Show charts"), N_("show the charts in the details"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AlertSettings:
    """The levels of memory pressure, of the system or against a target's limit."""

    enabled: bool = setting(True, Flag(), N_("Notifications"), N_("show notifications"))
    warning_percent: float = setting(75.0, Number(1, 100), N_("Warning from (%)"),
        N_("memory in use (of a target: of its limit) that is a warning"))
    critical_percent: float = setting(85.0, Number(1, 100), N_("Critical from (%)"),
        N_("the same that is critical; above warning_percent"))
    emergency_percent: float = setting(95.0, Number(1, 100), N_("Emergency from (%)"),
        N_("the same that is an emergency; above critical_percent"))
    """Strictly above critical, which is strictly above warning."""
    warning_available_bytes: int = setting(500 * MIB, Size(0, _TIB),
        N_("Warning below (available)"),
        N_("less available memory than this is a warning as well; 0: no amount"))
    """Less than this left is a warning as well; 0: no amount. Each is below the one before."""
    critical_available_bytes: int = setting(0, Size(0, _TIB), N_("Critical below (available)"),
        N_("the same that is critical; below warning_available"))
    emergency_available_bytes: int = setting(0, Size(0, _TIB), N_("Emergency below (available)"),
        N_("the same that is an emergency; below critical_available"))
    target_warning_bytes: int = setting(0, Size(0, _TIB), N_("Any target: warning from"),
        N_("size of any target that is a warning, such as 1000MB; 0: none"))
    """A target that has none of its own is told at this size; 0: at none, since what is much for
    a script is little for a browser. Each is above the one before."""
    target_critical_bytes: int = setting(0, Size(0, _TIB), N_("Any target: critical from"),
        N_("the same that is critical, such as 1200MB"))
    target_emergency_bytes: int = setting(0, Size(0, _TIB), N_("Any target: emergency from"),
        N_("the same that is an emergency, such as 1500MB"))
    rearm_percent: float = setting(5.0, Number(0.5, 50), N_("Re-arm below a level (points)"),
        N_("how far below a level it must fall before that is told again"))
    sustain_seconds: float = setting(4.0, Duration(0, 10 * _MINUTE), N_("Must last"),
        N_("how long it must last; an emergency is told at once"))
    warning_cooldown_seconds: float = setting(60.0, Duration(0, _HOUR), N_("Pause after a warning"),
        N_("least time between two warnings"))
    critical_cooldown_seconds: float = setting(30.0, Duration(0, _HOUR),
        N_("Pause after a critical alert"), N_("the same for critical"))
    emergency_cooldown_seconds: float = setting(10.0, Duration(0, _HOUR),
        N_("Pause after an emergency"), N_("the same for an emergency"))
    gap_seconds: float = setting(60.0, Duration(0, _HOUR), N_("Pause after any banner"),
        N_("least time between two banners, unless it is worse"))
    recovery_seconds: float = setting(30.0, Duration(0, _HOUR), N_("Over when well for"),
        N_("how long it must be well again before that is believed"))
    stall_percent: float = setting(10.0, Number(1, 100), N_("Waiting for memory (% of time)"),
        N_("time in which every program waits for memory that is a warning (Linux)"))
    quiet_hours: str = setting("", Hours(), N_("Quiet hours"), N_("no banners then, local time"))
    emergency_breaks_through: bool = setting(True, Flag(), N_("Emergencies break through"),
        N_("quiet hours and snoozes do not hold an emergency"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverySettings:
    """The channels of alerts beside console and log."""

    desktop: bool = setting(True, Flag(), N_("Desktop notifications"),
        N_("notifications on the desktop"))
    json_lines: bool = setting(False, Flag(), N_("File of JSON lines"),
        N_("a line of JSON for each in alerts.jsonl, beside the history"))
    json_lines_bytes: int = setting(4 * MIB, Size(64 * KIB, GIB), N_("Largest size of that file"),
        N_("the file starts anew at this size; one older is kept"), key="json_lines_size")
    system_journal: bool = setting(False, Flag(), N_("System journal"),
        N_("also into the system's journal"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActionSettings:
    """The automatic actions of Memtray."""

    per_hour: int = setting(4, Whole(1, 100), N_("At most per hour"),
        N_("most often of each action on each target"))
    terminate_phrase: str = setting("",
        Choice(("", TERMINATE_PHRASE), (N_("Not given"), TERMINATE_PHRASE)),
        N_("Permission to terminate"),
        N_("what must stand here for \"terminate\" to be done at all"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GrowthSettings:
    """The thresholds of sustained growth."""

    enabled: bool = setting(True, Flag(), N_("Watch for growth"), N_("watch for growth"))
    threshold_bytes_per_second: float = setting(10_000.0, Number(1, 200, 1000),
        N_("Growth above (KB/s)"), N_("average growth above this is suspicious"),
        key="threshold_kb_per_second")
    hold_seconds: float = setting(30.0, Duration(2, _HOUR), N_("Must last"),
        N_("how long the growth must last"))
    samples: int = setting(3, Whole(3, 100), N_("Looks that must agree"),
        N_("how many looks must agree at least"))
    minimum_bytes: int = setting(2 * MIB, Size(0, GIB), N_("Least growth"),
        N_("growth below this in all is not told"))
    warning_bytes_per_second: float = setting(1e6, _RATE, N_("Quick from (MB/s)"),
        N_("growth from this rate on is called quick"), key="warning_mb_per_second")
    critical_bytes_per_second: float = setting(5e6, _RATE, N_("Critical from (MB/s)"),
        N_("from this on it is critical, if memory lasts an hour"), key="critical_mb_per_second")
    emergency_bytes_per_second: float = setting(10e6, _RATE, N_("Emergency from (MB/s)"),
        N_("from this on it is an emergency, if memory lasts ten minutes"),
        key="emergency_mb_per_second")
    early: bool = setting(False, Flag(), N_("Report growth at once"),
        N_("report growth at once; else when a tenth of the time to its limit is gone"))
    """Report growth while nothing depends on it yet, as that of a cache that fills."""
    rate_alone: bool = setting(False, Flag(), N_("Level by rate alone"),
        N_("the rate decides the level, however long memory lasts"))
    """Else growth is critical or an emergency only where it fills what is left within an hour or
    ten minutes: a program may load its data."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpikeSettings:
    """The thresholds of jumps between two samples."""

    enabled: bool = setting(True, Flag(), N_("Watch for jumps"), N_("watch for jumps"))
    by: str = setting("percent",
        Choice(("percent", "amount"), (N_("Percent and least size"), N_("An amount"))),
        N_("Judged by"),
        N_("what makes a jump: \"percent\" and the least size, or \"amount\" alone"))
    """"percent", where both that and `minimum_bytes` must be reached, or "amount"."""
    percent: float = setting(100.0, Number(25, 200), N_("Least jump (%)"),
        N_("growth between two looks, in percent of the earlier one"))
    minimum_bytes: int = setting(512 * KIB, Whole(64, 2048, KIB), N_("Least jump (KiB)"),
        N_("and at least so many KiB"), key="minimum_kib")
    amount_bytes: int = setting(5_000_000, Size(64 * KIB, 64 * GIB), N_("Jump by amount"),
        N_("growth between two looks that is a jump, where \"amount\" decides"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LeakSettings:
    """The thresholds of leaks; the reasons for the defaults are the leak detector's."""

    others: bool = setting(True, Flag(), N_("Judge other programs, too"),
        N_("judge all other programs, too, not only targets"))
    staleness: bool = setting(True, Flag(), N_("Check for idle memory"),
        N_("check every 10 min or more whether growing memory is used again (Linux)"))
    score_percent: float = setting(100 * _LEAKS.leaking_score, Number(50, 95), N_("Certainty (%)"),
        N_("how sure Memtray must be"))
    levels: str = setting("urgency",
        Choice(("urgency", "score"), (N_("Time left"), N_("Certainty"))), N_("Level decided by"),
        N_("what makes a leak worse: \"urgency\", the time left, or \"score\", the certainty"))
    warning_percent: float = setting(50.0, Number(30, 100), N_("Warning from (certainty, %)"),
        N_("certainty that is a warning, where \"score\" decides"))
    critical_percent: float = setting(70.0, Number(30, 100), N_("Critical from (certainty, %)"),
        N_("the same that is critical; above warning_percent"))
    emergency_percent: float = setting(90.0, Number(30, 100), N_("Emergency from (certainty, %)"),
        N_("the same that is an emergency; above critical_percent"))
    proof_seconds: float = setting(_LEAKS.proof_seconds, Duration(5 * _MINUTE, 6 * _HOUR),
        N_("Time to be certain"), N_("how long a clean climb must last to be that sure"))
    minimum_bytes: int = setting(round(_LEAKS.minimum_bytes), Size(MIB, 4 * GIB),
        N_("Least growth"), N_("growth below this is what programs do"))
    minimum_percent: float = setting(100 * _LEAKS.minimum_share, Number(1, 100),
        N_("Least growth (%)"), N_("the same, in percent of the size before"))
    """Of its size when the climb began."""
    runaway_bytes_per_second: float = setting(_LEAKS.runaway_bytes_per_second,
        Number(100, 100_000, 1000), N_("Tell at once from (KB/s)"),
        N_("growth as quick as this is told without waiting for proof"),
        key="runaway_kb_per_second")
    rising_percent: float = setting(100 * _LEAKS.sustained_share, Number(50, 100),
        N_("Sustained growth: rising looks (%)"),
        N_("sustained growth, one of the simple rules: share of looks that rise"))
    sustained_percent: float = setting(100 * _LEAKS.sustained_growth, Number(1, 100),
        N_("Sustained growth: in all (%)"), N_("and the growth in all"))
    stair_bytes: int = setting(round(_LEAKS.stair_bytes), Size(64 * KIB, GIB),
        N_("Staircase: smallest step"), N_("staircase, one of the simple rules: the smallest step"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HistorySettings:
    """The age of each tier of the history, and the size of the file."""

    raw_seconds: float = setting(_DAY, Duration(_HOUR, 7 * _DAY), N_("Keep every sample for"),
        N_("every sample"))
    minutes_seconds: float = setting(30 * _DAY, Duration(_DAY, 90 * _DAY), N_("Keep minutes for"),
        N_("minimum, mean and maximum of each minute"))
    hours_seconds: float = setting(2 * _YEAR, Duration(7 * _DAY, 5 * _YEAR), N_("Keep hours for"),
        N_("minimum, mean and maximum of each hour"))
    size_bytes: int = setting(256 * MIB, Size(16 * MIB, 4 * GIB), N_("Most on disk"),
        N_("most it may take on disk; the oldest goes first"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrendSettings:
    """The looks of the trend window."""

    chart_height_percent: float = setting(100.0, Number(40, 150), N_("Chart height (%)"),
        N_("height of a chart"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TargetSettings:
    """One program to follow; exactly one of `match` and `regex` is set."""

    name: str = field(metadata=declare(Name(LONGEST_NAME), N_("Name"),
        N_("what menu, alerts and commands call it")))
    match: str | None = setting(None, Text(4096), N_("Text in the command line"),
        N_("text that occurs in the command line"))
    regex: str | None = setting(None, Pattern(1000), N_("Regular expression"),
        N_("instead of match: found in the command line"))
    children: bool = setting(True, Flag(), N_("Count child processes"),
        N_("count the processes it has started, too"))
    limit: Limit | None = setting(None, LimitKind(Size(MIB, 64 * _TIB)), N_("Memory limit"),
        N_("what it may use; alerts are percent of this"))
    warning_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Warning from (size)"),
        N_("size that is a warning, beside the limit; 0: none"), key="warning_size")
    """Told at this size; None: at that of all targets, 0: at none."""
    critical_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Critical from (size)"),
        N_("the same that is critical; above warning_size"), key="critical_size")
    emergency_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Emergency from (size)"),
        N_("the same that is an emergency; above critical_size"), key="emergency_size")
    on_warning: tuple[str, ...] = setting((), Texts(0, 5, ACTION_NAMES, _ACTIONS),
        N_("At a warning"), N_("what to do by itself at a warning about it"))
    """Actions, by name, when an incident about it reaches that level."""
    on_critical: tuple[str, ...] = setting((), Texts(0, 5, ACTION_NAMES, _ACTIONS),
        N_("When it is critical"), N_("the same when it is critical"))
    on_emergency: tuple[str, ...] = setting((), Texts(0, 5, ACTION_NAMES, _ACTIONS),
        N_("In an emergency"), N_("the same in an emergency"))
    growth: bool = setting(True, Flag(), N_("Watch for growth"), N_("watch it for growth"))
    spike: bool = setting(True, Flag(), N_("Watch for jumps"), N_("watch it for jumps"))

    @property
    def limit_bytes(self) -> int | None:
        return self.limit.bytes if self.limit else None

    @property
    def limit_share(self) -> float | None:
        """The share of the machine's memory, of which 1.0 is all."""
        return self.limit.share if self.limit else None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChannelSettings:
    """One remote channel that Apprise speaks; exactly one of the three addresses is set."""

    name: str = field(metadata=declare(Name(LONGEST_NAME), N_("Name"),
        N_("what log and doctor call it")))
    url: str | None = setting(None, Secret(4096, r"[a-z][a-z0-9+.-]*://.+", N_('"kind://…"')),
        N_("Address"), N_("as Apprise has it; nobody but you may read this file then"))
    """Holds secrets: never shown, logged or passed on a command line."""
    url_env: str | None = setting(None, Secret(200, r"[A-Za-z_][A-Za-z0-9_]*",
        N_("the name of an environment variable")), N_("Environment variable"),
        N_("instead of url: it is in there"))
    url_keyring: str | None = setting(None,
        Secret(200, r".+/[^/]+", N_('"SERVICE/USER" of the keyring')), N_("Keyring entry"),
        N_("instead of url: it is kept there as the password"))
    level: str = setting("warning", Choice(LEVEL_NAMES, _LEVELS), N_("Least level"),
        N_("the least that is sent"))
    resolved: bool = setting(True, Flag(), N_("Tell when it is over"),
        N_("tell also when it is over"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HookSettings:
    """One command of the person's for transitions of incidents."""

    name: str = field(metadata=declare(Name(LONGEST_NAME), N_("Name"), N_("what the log calls it")))
    command: tuple[str, ...] = setting((), Texts(1, 64), N_("Command"),
        N_("program and arguments; facts come in environment and standard input"))
    """Program and arguments; no shell."""
    on: tuple[str, ...] = setting(("raised", "escalated", "resolved"),
        Texts(1, 3, TRANSITION_NAMES, (N_("It begins"), N_("It gets worse"), N_("It is over"))),
        N_("Run when"), N_("when it is run"))
    events: tuple[str, ...] = setting((),
        Texts(0, len(OCCASION_NAMES), OCCASION_NAMES, (N_("A run of a program ends"),
        N_("A cleanup"), N_("A snapshot"), N_("An automatic action"),
        N_("A tracked program starts"), N_("A tracked program exits"))), N_("Also run for"),
        N_("other events"))
    """What else it is run for: kinds of `domain.occasions`."""
    level: str = setting("warning", Choice(LEVEL_NAMES, _LEVELS), N_("Least level"),
        N_("the least that it is run for"))
    target: str | None = setting(None, Name(LONGEST_NAME), N_("Only for the target"),
        N_("only about this one"))
    """Only about this one; None: whatever it is about."""
    limit_seconds: float = setting(10.0, Duration(1, 300), N_("Time limit"),
        N_("it is ended after so long"))


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


TABLES = (
    Section("sampling", SamplingSettings, N_("Sampling"), N_("How often Memtray looks.")),
    Section("budget", BudgetSettings, N_("Own budget"),
        N_("What Memtray itself may cost; over it, it looks less often.")),
    Section("icon", IconSettings, N_("Icon"), N_("What the ten bars in the tray show.")),
    Section("tray", TraySettings, N_("Tray"), N_("What the icon does when it is used.")),
    Section("ui", UiSettings, N_("Language and units"), N_("Language and units.")),
    Section("alerts", AlertSettings, N_("Alerts"),
        N_("When to speak up about memory running out.")),
    Section("delivery", DeliverySettings, N_("Delivery"),
        N_("Where alerts go beside the console and the log.")),
    Section("actions", ActionSettings, N_("Actions"),
        N_("Bounds of what Memtray may do by itself; see on_warning.")),
    Section("growth", GrowthSettings, N_("Growth"),
        N_("When to speak up about a program that keeps growing.")),
    Section("spike", SpikeSettings, N_("Jumps"),
        N_("When to speak up about a program that jumps.")),
    Section("leak", LeakSettings, N_("Leaks"),
        N_("When growth that will not stop is called a leak.")),
    Section("history", HistorySettings, N_("History"), N_("How long the past is kept.")),
    Section("trends", TrendSettings, N_("Trends"), N_("The trend window.")),
)
"""In the order of the file."""

LISTS = {
    CHANNELS_TABLE: Section(CHANNELS_TABLE, ChannelSettings, N_("Channels"), N_(
        "Other places to tell: all that Apprise knows (https://github.com/caronc/apprise); it comes"
        ' with pip install "memtray[remote]".'),
        ("url", "url_env", "url_keyring"), N_("Send to")),
    HOOKS_TABLE: Section(HOOKS_TABLE, HookSettings, N_("Hooks"),
        N_("Commands of yours for what happens. They are run without a shell."), ("command",)),
    TARGETS_TABLE: Section(TARGETS_TABLE, TargetSettings, N_("Targets"),
        N_("Programs to follow. A process belongs to the first that matches."),
        ("match", "regex"), N_("Recognised by")),
}
"""What comes after them, any number of each, [[name]]; each has a name."""
# fmt: on

_LISTS_SHOWN = (TARGETS_TABLE, CHANNELS_TABLE, HOOKS_TABLE)
SECTIONS = {each.name: each for each in (*TABLES, *(LISTS[name] for name in _LISTS_SHOWN))}
FIELDS = tuple(each for section in SECTIONS.values() for each in section.fields.values())


def fields_of(table: str) -> dict[str, Field]:
    """Return the settings of one table by their keys."""
    return SECTIONS[table].fields
