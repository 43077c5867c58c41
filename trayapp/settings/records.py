"""All settings: each is declared once, with its default, range, title and help.

Of these declarations are made the records that the rest of Memtray reads, the parser, the
commented file of the first start and the settings window.
"""

from __future__ import annotations

from trayapp.dataclass import dataclass, field
from trayapp.domain.acting.occasions import OCCASION_NAMES
from trayapp.domain.judging.advice.policy import AGGRESSIVENESS, APPLY_CHOICES
from trayapp.domain.judging.judges.inside import HeapLevels
from trayapp.domain.judging.leaks import LeakSettings as LeakThresholds
from trayapp.domain.records.colors import Rgb
from trayapp.domain.showing.menu import (
    BAR_SCALES,
    MIDDLE_CLICKS,
    NUMBER_PLACES,
    PALETTE_NAMES,
    PANEL_NAMES,
    THEMES,
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
from trayapp.settings.text_kinds import GroupPath, Name, Pattern, Secret, Subject, Text

TARGETS_TABLE = "targets"
CHANNELS_TABLE = "channels"
HOOKS_TABLE = "hooks"
LEVEL_NAMES = ("warning", "critical", "emergency")
TRANSITION_NAMES = ("raised", "escalated", "resolved")
TERMINATE_PHRASE = "I accept lost work"
ACTION_NAMES = ("snapshot", "dump", "collect", "cleanup", "restart", "terminate")
"""What Memtray may do automatically, worst last."""
TARGET_RULES = ("match", "regex", "exe", "unit", "container", "cgroup", "user")
"""Ways to say which processes are a target's."""
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
_PERCENT = Number(1, 100)
_LEAKS = LeakThresholds()
_HEAP = HeapLevels()
_LEVELS = (N_("Warning"), N_("Critical"), N_("Emergency"))
_ACTIONS = (
    N_("Take a snapshot"),
    N_("Write a memory dump"),
    N_("Collect garbage"),
    N_("Free memory"),
    N_("Restart"),
    N_("Terminate"),
)

# fmt: off


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SamplingSettings:
    """How often the machine is sampled."""

    interval_seconds: float = setting(2.0, Duration(0.2, 30), N_("Sampling interval"),
        N_("time between two samples"))
    adaptive: bool = setting(True, Flag(), N_("Adaptive interval"),
        N_("sample less often when idle or on battery, more often when memory is low"))
    applications_seconds: float = setting(10.0, Duration(5, 2 * _MINUTE),
        N_("Interval for other programs"),
        N_("time between two samples of programs that are not tracked"))
    private_seconds: float = setting(30.0, Duration(5, 10 * _MINUTE),
        N_("Interval for private memory"),
        N_("time between two readings of private and proportional memory of tracked programs"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BudgetSettings:
    """The costs of Memtray itself, above which it samples less often."""

    uss_bytes: int = setting(32 * MIB, Size(4 * MIB, GIB), N_("Private memory"),
        N_("private memory that Memtray may use"))
    cpu_percent: float = setting(1.0, Number(0.1, 100), N_("CPU (% of one core)"),
        N_("share of one core that Memtray may use, averaged over a minute"))
    descriptors: int = setting(16_384, Whole(64, 1_000_000), N_("Open files"),
        N_("files that Memtray may keep open; on Linux it needs one per running process"))
    threads: int = setting(16, Whole(4, 1000), N_("Threads"), N_("threads that Memtray may run"))
    written_bytes_per_minute: int = setting(2 * MIB, Size(64 * KIB, GIB),
        N_("Written to disk per minute"), N_("data that Memtray may write to disk per minute"),
        key="written_per_minute")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IconSettings:
    """The ten bars and their colours."""

    shows: str = setting("system",
        Subject(LONGEST_NAME, RESERVED_NAMES, (N_("The machine"), N_("Memory pressure"),
        N_("The largest program"), N_("Memtray itself"))), N_("What the bars represent"),
        N_("the machine, memory pressure (PSI; a full-height bar means emergency), the largest "
           "program, Memtray itself or a tracked program"))
    """"system", "pressure", "largest", "memtray" or the name of a target that exists."""
    span_seconds: float = setting(5 * _MINUTE, Duration(10, _DAY), N_("Time span"),
        N_("period that the ten bars cover"))
    scale: str = setting("whole",
        Choice(BAR_SCALES, (N_("All memory or the limit"), N_("Range in the time span"))),
        N_("Full height of the bars"),
        N_('what a full-height bar means; "range" scales the bars between the lowest and the '
           "highest value in the time span, so that small changes show"))
    palette: str = setting("default",
        Choice(PALETTE_NAMES, (N_("Standard"), N_("Colour-blind safe"), N_("Monochrome"),
        N_("Custom"))), N_("Palette"),
        N_('colours of the icon; "custom" uses the four colours below'))
    panel: str = setting("auto", Choice(PANEL_NAMES, (N_("Automatic"), N_("Light"), N_("Dark"))),
        N_("Panel background"),
        N_('brightness of the panel behind the icon; "auto" follows the desktop theme'))
    number: str = setting("off",
        Choice(NUMBER_PLACES, (N_("No number"), N_("Under the bars"), N_("Instead of the bars"),
        N_("Beside the icon"))), N_("Percentage"),
        N_("show memory use in percent: under the bars, instead of them, or beside the icon"))
    normal_color: Rgb = setting((0x12, 0x75, 0xD9), Color(), N_("Colour: normal"),
        N_('colour of the bars while memory use is normal (palette "custom")'))
    warning_color: Rgb = setting((0xBE, 0x58, 0x00), Color(), N_("Colour: warning"),
        N_('colour of the bars at the level warning (palette "custom")'))
    critical_color: Rgb = setting((0xE6, 0x20, 0x2D), Color(), N_("Colour: critical"),
        N_('colour of the bars at the level critical (palette "custom")'))
    emergency_color: Rgb = setting((0xE6, 0x20, 0x2D), Color(), N_("Colour: emergency"),
        N_('colour of the bars at the level emergency (palette "custom")'))

    @property
    def colors(self) -> tuple[Rgb, ...]:
        """The colours of the palette "custom", one for each level."""
        return (self.normal_color, self.warning_color, self.critical_color, self.emergency_color)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TraySettings:
    """The actions of the icon."""

    middle_click: str = setting("trends",
        Choice(MIDDLE_CLICKS, (N_("Open trends"), N_("Pause or resume"),
        N_("Free Memtray's memory"), N_("Take a snapshot"), N_("Nothing"))), N_("Middle click"),
        N_("what a middle click on the icon does"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UiSettings:
    """How Memtray speaks."""

    language: str = setting("auto",
        Choice(("auto", *LANGUAGES), (N_("System language"), "English", "Deutsch", "Español",
        "Français", "日本語", "简体中文")), N_("Language"),
        N_("language of menus, windows and messages; open windows keep theirs"))
    theme: str = setting("auto",
        Choice(THEMES, (N_("As the desktop"), N_("Light"), N_("Dark"))), N_("Theme"),
        N_("colours of the windows; open windows follow within seconds"))
    units: str = setting("binary", Choice(UNIT_NAMES, ("MiB, GiB", "MB, GB")), N_("Units"),
        N_("write sizes in MiB and GiB (powers of 1024) or in MB and GB (powers of 1000)"))
    process_memory: bool = setting(True, Flag(), N_("Show process memory"),
        N_("show Memtray's own row in the table, and memory figures in the details"))
    programs: bool = setting(True, Flag(), N_("Show other programs"),
        N_("show programs that are not tracked in the table and the compact view"))
    charts: bool = setting(True, Flag(), N_("Show charts"), N_("show charts in the details"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AlertSettings:
    """The levels of memory pressure, of the system or against a target's limit."""

    enabled: bool = setting(True, Flag(), N_("Notifications"), N_("show alerts as notifications"))
    warning_percent: float = setting(75.0, Number(1, 100), N_("Warning from (%)"),
        N_("memory in use, in percent, that raises a warning; for a tracked program, percent of "
           "its limit"))
    critical_percent: float = setting(85.0, Number(1, 100), N_("Critical from (%)"),
        N_("percent that raises a critical alert; must be above warning_percent"))
    emergency_percent: float = setting(95.0, Number(1, 100), N_("Emergency from (%)"),
        N_("percent that raises an emergency; must be above critical_percent"))
    """Strictly above critical, which is strictly above warning."""
    warning_available_bytes: int = setting(500 * MIB, Size(0, _TIB),
        N_("Warning below (available)"),
        N_("less available memory than this also raises a warning; 0 turns this off"))
    """Less than this left is a warning as well; 0: no amount. Each is below the one before."""
    critical_available_bytes: int = setting(0, Size(0, _TIB), N_("Critical below (available)"),
        N_("less available memory than this also raises a critical alert; must be below "
           "warning_available; 0 turns this off"))
    emergency_available_bytes: int = setting(0, Size(0, _TIB), N_("Emergency below (available)"),
        N_("less available memory than this also raises an emergency; must be below "
           "critical_available; 0 turns this off"))
    target_warning_bytes: int = setting(0, Size(0, _TIB), N_("Any tracked program: warning from"),
        N_("size from which any tracked program raises a warning, such as 1000MB; 0 turns this "
           "off"))
    """A target that has none of its own is told at this size; 0: at none, since what is much for
    a script is little for a browser. Each is above the one before."""
    target_critical_bytes: int = setting(0, Size(0, _TIB), N_("Any tracked program: critical from"),
        N_("size from which any tracked program raises a critical alert, such as 1200MB; 0 turns "
           "this off"))
    target_emergency_bytes: int = setting(0, Size(0, _TIB),
        N_("Any tracked program: emergency from"),
        N_("size from which any tracked program raises an emergency, such as 1500MB; 0 turns "
           "this off"))
    rearm_percent: float = setting(5.0, Number(0.5, 50), N_("Hysteresis (percentage points)"),
        N_("how far usage must drop below a level before the alert can fire again"))
    sustain_seconds: float = setting(4.0, Duration(0, 10 * _MINUTE), N_("Minimum duration"),
        N_("how long memory must stay at a level before an alert; emergencies alert immediately"))
    warning_cooldown_seconds: float = setting(60.0, Duration(0, _HOUR),
        N_("Minimum time between warnings"), N_("minimum time between two warnings"))
    critical_cooldown_seconds: float = setting(30.0, Duration(0, _HOUR),
        N_("Minimum time between critical alerts"), N_("minimum time between two critical alerts"))
    emergency_cooldown_seconds: float = setting(10.0, Duration(0, _HOUR),
        N_("Minimum time between emergencies"), N_("minimum time between two emergency alerts"))
    gap_seconds: float = setting(60.0, Duration(0, _HOUR), N_("Minimum time between notifications"),
        N_("minimum time between any two notifications, unless things get worse"))
    recovery_seconds: float = setting(30.0, Duration(0, _HOUR), N_("Resolved after"),
        N_("how long memory must be back to normal before an alert counts as resolved"))
    stall_percent: float = setting(10.0, Number(1, 100), N_("Stalled on memory (% of time)"),
        N_("share of time with all programs stalled on memory that raises a warning (Linux, PSI)"))
    quiet_hours: str = setting("", Hours(), N_("Quiet hours"),
        N_("no notifications between these times of day (local time)"))
    learned: bool = setting(False, Flag(), N_("Go by what is usual"),
        N_("learn each tracked program's usual range by hour of the week: no alerts about growth "
           "and jumps within it, an alert above it; leaks and limits are always reported"))
    exceptions: tuple[str, ...] = setting((), Texts(0, 200), N_("Exceptions"),
        N_('alerts that are shown but not reported: "growth:web" for warnings that web keeps '
           'growing, "critical growth:web" for critical alerts as well'))
    emergency_breaks_through: bool = setting(True, Flag(), N_("Emergencies ignore quiet hours"),
        N_("notify of emergencies even during quiet hours and snoozes"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeliverySettings:
    """The channels of alerts beside console and log."""

    desktop: bool = setting(True, Flag(), N_("Desktop notifications"),
        N_("show alerts as desktop notifications"))
    json_lines: bool = setting(False, Flag(), N_("JSON lines file"),
        N_("write each alert as a line of JSON to alerts.jsonl, next to the history"))
    json_lines_bytes: int = setting(4 * MIB, Size(64 * KIB, GIB),
        N_("Maximum size of the JSON lines file"),
        N_("start a new alerts.jsonl at this size; one older file is kept"), key="json_lines_size")
    system_journal: bool = setting(False, Flag(), N_("System journal"),
        N_("also write alerts to the system journal"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActionSettings:
    """The automatic actions of Memtray."""

    per_hour: int = setting(4, Whole(1, 100), N_("Actions per hour"),
        N_("how often each action may run per tracked program within an hour"))
    terminate_phrase: str = setting("",
        Choice(("", TERMINATE_PHRASE), (N_("Not allowed"), TERMINATE_PHRASE)),
        N_("Allow “Terminate”"),
        N_('choose the phrase to let "terminate" end programs automatically'))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AdviceSettings:
    """What Memtray advises, and what of it it may do."""

    enabled: bool = setting(True, Flag(), N_("Give advice"),
        N_("look for what can be done about memory, and show it under “Advice…”"))
    notify: bool = setting(True, Flag(), N_("Notify of advice"),
        N_("notify of new advice that Memtray itself can follow and that gives back much; at most "
           "three a day"))
    evidence_seconds: float = setting(_MINUTE, Duration(1, _HOUR), N_("Interval for evidence"),
        N_("time between two rounds of asking Python probes and other sources of evidence"))
    apply: str = setting("never", Choice(APPLY_CHOICES, (N_("Never"), N_("Low risk"))),
        N_("Apply automatically"),
        N_('"low risk" lets Memtray follow its own advice where nothing can be lost'))
    aggressiveness: str = setting("conservative",
        Choice(AGGRESSIVENESS, (N_("Conservative"), N_("Moderate"), N_("Aggressive"))),
        N_("Aggressiveness"),
        N_('what counts as low risk: "conservative" only gives freed memory back, "moderate" also '
           'collects garbage, "aggressive" also empties caches and changes limits in the settings'))
    harmless_seconds: float = setting(30 * _DAY, Duration(_DAY, _YEAR), N_("Harmless within"),
        N_("an alert that was acknowledged three times within this is proposed as an exception"))
    per_hour: int = setting(5, Whole(1, 60), N_("Applied per hour"),
        N_("how often advice may be applied automatically within an hour"))
    dry_run: bool = setting(False, Flag(), N_("Dry run"),
        N_("only write to the journal what would have been applied, and what it would have saved"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DiagnosisSettings:
    """What may be done to a program to find out what its memory is made of."""

    longest_pause_seconds: float = setting(0.25, Duration(0.001, 600), N_("Longest pause"),
        N_("investigate a program only if it pauses for no longer, unless it is forced"))
    python_dumps: bool = setting(False, Flag(), N_("Python dumps"),
        N_("allow writing a Python program's objects by type to a file"))
    node_dumps: bool = setting(False, Flag(), N_("Node.js dumps"),
        N_("allow writing a Node.js program's heap to a file; it pauses for long"))
    java_dumps: bool = setting(False, Flag(), N_("Java dumps"),
        N_("allow writing a Java program's heap to a file; it pauses for long"))
    java_collections: bool = setting(False, Flag(), N_("Java collections"),
        N_("have a tracked Java program collect its garbage where nothing else tells whether it "
           "leaks; it pauses for some tenths of a second"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GrowthSettings:
    """The thresholds of sustained growth."""

    enabled: bool = setting(True, Flag(), N_("Detect growth"),
        N_("alert when a program keeps growing"))
    threshold_bytes_per_second: float = setting(10_000.0, Number(1, 200, 1000),
        N_("Growth above (KB/s)"), N_("average growth above this counts as growth"),
        key="threshold_kb_per_second")
    hold_seconds: float = setting(30.0, Duration(2, _HOUR), N_("Minimum duration"),
        N_("how long growth must last before an alert"))
    samples: int = setting(3, Whole(3, 100), N_("Samples required"),
        N_("number of samples that must show the growth"))
    minimum_bytes: int = setting(2 * MIB, Size(0, GIB), N_("Minimum growth"),
        N_("total growth below this raises no alert"))
    warning_bytes_per_second: float = setting(1e6, _RATE, N_("Warning from (MB/s)"),
        N_("growth at this rate or faster raises a warning"), key="warning_mb_per_second")
    critical_bytes_per_second: float = setting(5e6, _RATE, N_("Critical from (MB/s)"),
        N_("growth at this rate is critical if memory would be full within an hour"),
        key="critical_mb_per_second")
    emergency_bytes_per_second: float = setting(10e6, _RATE, N_("Emergency from (MB/s)"),
        N_("growth at this rate is an emergency if memory would be full within ten minutes"),
        key="emergency_mb_per_second")
    early: bool = setting(False, Flag(), N_("Alert on growth immediately"),
        N_("alert as soon as growth is detected; otherwise after a tenth of the time left until "
           "the limit has passed"))
    """Report growth while nothing depends on it yet, as that of a cache that fills."""
    rate_alone: bool = setting(False, Flag(), N_("Level by growth rate only"),
        N_("the growth rate alone sets the level, even if memory would last a long time"))
    """Else growth is critical or an emergency only where it fills what is left within an hour or
    ten minutes: a program may load its data."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpikeSettings:
    """The thresholds of jumps between two samples."""

    enabled: bool = setting(True, Flag(), N_("Detect jumps"),
        N_("alert when a program jumps in size between two samples"))
    by: str = setting("percent",
        Choice(("percent", "amount"), (N_("Percent and minimum size"), N_("Amount"))),
        N_("Judged by"),
        N_('what counts as a jump: "percent" needs both the percentage and the minimum jump, '
           '"amount" just an amount'))
    """"percent", where both that and `minimum_bytes` must be reached, or "amount"."""
    percent: float = setting(100.0, Number(25, 200), N_("Minimum jump (%)"),
        N_("growth between two samples, in percent of the earlier one, that counts as a jump"))
    minimum_bytes: int = setting(512 * KIB, Whole(64, 2048, KIB), N_("Minimum jump (KiB)"),
        N_("jumps smaller than this many KiB are ignored"), key="minimum_kib")
    amount_bytes: int = setting(5_000_000, Size(64 * KIB, 64 * GIB), N_("Jump amount"),
        N_('growth between two samples that counts as a jump when judged by "amount"'))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LeakSettings:
    """The thresholds of leaks; the reasons for the defaults are the leak detector's."""

    others: bool = setting(True, Flag(), N_("Check other programs for leaks"),
        N_("check all programs for leaks, not only the tracked ones"))
    staleness: bool = setting(True, Flag(), N_("Check for idle memory"),
        N_("check, at most every 10 min, whether grown memory is still used (Linux)"))
    score_percent: float = setting(100 * _LEAKS.leaking_score, Number(50, 95), N_("Certainty (%)"),
        N_("how certain Memtray must be before it reports a leak"))
    levels: str = setting("urgency",
        Choice(("urgency", "score"), (N_("Time left"), N_("Certainty"))), N_("Level based on"),
        N_('what sets the level of a leak: "urgency" uses the time until memory is full, "score" '
           "the certainty"))
    warning_percent: float = setting(50.0, Number(30, 100), N_("Warning from (certainty, %)"),
        N_('certainty that raises a warning, if the level is based on "score"'))
    critical_percent: float = setting(70.0, Number(30, 100), N_("Critical from (certainty, %)"),
        N_("certainty that raises a critical alert; must be above warning_percent"))
    emergency_percent: float = setting(90.0, Number(30, 100), N_("Emergency from (certainty, %)"),
        N_("certainty that raises an emergency; must be above critical_percent"))
    proof_seconds: float = setting(_LEAKS.proof_seconds, Duration(5 * _MINUTE, 6 * _HOUR),
        N_("Time to full certainty"),
        N_("how long steady growth must last to reach full certainty"))
    minimum_bytes: int = setting(round(_LEAKS.minimum_bytes), Size(MIB, 4 * GIB),
        N_("Minimum growth"), N_("growth below this is considered normal"))
    minimum_percent: float = setting(100 * _LEAKS.minimum_share, Number(1, 100),
        N_("Minimum growth (%)"),
        N_("growth below this percentage of the earlier size is considered normal"))
    """Of its size when the climb began."""
    runaway_bytes_per_second: float = setting(_LEAKS.runaway_bytes_per_second,
        Number(100, 100_000, 1000), N_("Alert immediately above (KB/s)"),
        N_("growth faster than this raises an alert without waiting for proof"),
        key="runaway_kb_per_second")
    rising_percent: float = setting(100 * _LEAKS.sustained_share, Number(50, 100),
        N_("Sustained growth: rising samples (%)"),
        N_("rule “sustained growth”: percentage of samples that must rise"))
    sustained_percent: float = setting(100 * _LEAKS.sustained_growth, Number(1, 100),
        N_("Sustained growth: total (%)"),
        N_("rule “sustained growth”: total growth required, in percent"))
    stair_bytes: int = setting(round(_LEAKS.stair_bytes), Size(64 * KIB, GIB),
        N_("Staircase: smallest step"), N_("rule “staircase”: smallest step that counts"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HeapSettings(HeapLevels):
    """When a heap is too full, too fragmented, or collected in vain."""

    warning_percent: float = setting(_HEAP.warning_percent, _PERCENT, N_("Full: warning from (%)"),
        N_("share of a heap's maximum (Java, Node.js), left in use by a full collection, that "
           "raises a warning"))
    critical_percent: float = setting(_HEAP.critical_percent, _PERCENT,
        N_("Full: critical from (%)"),
        N_("percent that raises a critical alert; must be above warning_percent"))
    emergency_percent: float = setting(_HEAP.emergency_percent, _PERCENT,
        N_("Full: emergency from (%)"),
        N_("percent that raises an emergency; must be above critical_percent"))
    fragmentation: bool = setting(_HEAP.fragmentation, Flag(), N_("Alert on fragmentation"),
        N_("alert when much of a Python program's memory is free inside (needs the Python probe)"))
    fragmentation_warning_percent: float = setting(_HEAP.fragmentation_warning_percent, _PERCENT,
        N_("Fragmented: warning from (%)"),
        N_("share of the allocators' memory that is free inside and that raises a warning"))
    fragmentation_critical_percent: float = setting(_HEAP.fragmentation_critical_percent, _PERCENT,
        N_("Fragmented: critical from (%)"),
        N_("share that raises a critical alert; must be above fragmentation_warning_percent"))
    fragmentation_emergency_percent: float = setting(_HEAP.fragmentation_emergency_percent,
        _PERCENT, N_("Fragmented: emergency from (%)"),
        N_("share that raises an emergency; must be above fragmentation_critical_percent"))
    fragmentation_minimum_percent: float = setting(_HEAP.fragmentation_minimum_percent,
        Number(0, 100), N_("Fragmented: minimum size (% of memory)"),
        N_("less free inside than this share of the machine's memory raises no alert"))
    inefficient_percent: float = setting(_HEAP.inefficient_percent, Number(0, 100),
        N_("Inefficient collector: frees at most (%)"),
        N_("collections that free no more of the objects they look at count as evidence of a leak"))
    inefficient_time_percent: float = setting(_HEAP.inefficient_time_percent, Number(0, 100),
        N_("Inefficient collector: time from (%)"),
        N_("share of the time that such collections must take"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HistorySettings:
    """The age of each tier of the history, and the size of the file."""

    raw_seconds: float = setting(_DAY, Duration(_HOUR, 7 * _DAY), N_("Keep samples for"),
        N_("how long every sample is kept"))
    minutes_seconds: float = setting(30 * _DAY, Duration(_DAY, 90 * _DAY),
        N_("Keep minute values for"),
        N_("how long minimum, mean and maximum of each minute are kept"))
    hours_seconds: float = setting(2 * _YEAR, Duration(7 * _DAY, 5 * _YEAR),
        N_("Keep hourly values for"),
        N_("how long minimum, mean and maximum of each hour are kept"))
    size_bytes: int = setting(256 * MIB, Size(16 * MIB, 4 * GIB), N_("Maximum database size"),
        N_("largest size of the history on disk; the oldest data is removed first"))
    applications: bool = setting(True, Flag(), N_("Record applications"),
        N_("also keep a history of programs that are not tracked: the largest, and all that grow"))
    applications_floor_bytes: int = setting(10 * MIB, Size(0, 4 * GIB), N_("Smallest application"),
        N_("smaller programs are recorded only while they grow"))
    applications_keep_seconds: float = setting(14 * _DAY, Duration(_DAY, 90 * _DAY),
        N_("Keep applications for"),
        N_("how long mean and maximum of each minute are kept for programs that are not tracked; "
           "at most 20 MiB on disk"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LogSettings:
    """The daily memory logs: a text for each target that a person can grep."""

    enabled: bool = setting(False, Flag(), N_("Write memory logs"),
        N_("write a text log for each tracked program, one file a day"))
    folder: str = setting("memory-logs", Text(4096), N_("Folder"),
        N_("where to write them; relative to Memtray's own files"))
    interval_seconds: float = setting(2 * _MINUTE, Duration(1, _HOUR), N_("Interval"),
        N_("time between two lines"))
    targets: tuple[str, ...] = setting((), Texts(0, 100), N_("Tracked programs"),
        N_("only these tracked programs; an empty list means all"))
    keep_days: int = setting(30, Whole(1, 3650), N_("Compress after (days)"),
        N_("compress files after this many days"))
    remove_days: int = setting(365, Whole(2, 3650), N_("Delete after (days)"),
        N_("delete files after this many days"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrendSettings:
    """The looks of the trend window."""

    chart_height_percent: float = setting(100.0, Number(40, 150), N_("Chart height (%)"),
        N_("height of each chart, in percent of the usual height"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WebSettings:
    """The dashboard in a browser."""

    port: int = setting(8002, Whole(0, 65535), N_("Port"),
        N_("port of this machine; 0: any that is free"))
    idle_seconds: float = setting(10 * _MINUTE, Duration(5, _DAY), N_("End when unused for"),
        N_("opened from the menu, the dashboard ends this long after the last page that shows it"))
    show_command_lines: bool = setting(False, Flag(), N_("Show command lines"),
        N_("show command lines of processes to those who have the full token; they may contain "
           "passwords"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TargetSettings:
    """One program to follow; exactly one of `TARGET_RULES` is set."""

    name: str = field(metadata=declare(Name(LONGEST_NAME), N_("Name"),
        N_("name used in the menu, in alerts and in commands")))
    match: str | None = setting(None, Text(4096), N_("Text in the command line"),
        N_("track processes whose command line contains this text"))
    regex: str | None = setting(None, Pattern(1000), N_("Regular expression"),
        N_("track processes whose command line contains a match of this regular expression"))
    exe: str | None = setting(None, Text(4096), N_("Executable"),
        N_("track processes of this program: its path or name"))
    unit: str | None = setting(None, Text(256), N_("systemd unit"),
        N_("track what runs in this systemd unit, such as nginx.service"))
    container: str | None = setting(None, Text(256), N_("Container"),
        N_("track what runs in this container or Kubernetes pod: its name or ID"))
    cgroup: str | None = setting(None, GroupPath(1024), N_("Control group"),
        N_("track what runs in this control group and those below it: its path, such as "
           "/system.slice"))
    user: str | None = setting(None, Text(256), N_("User"),
        N_("track all processes of this user: the name or number"))
    children: bool = setting(True, Flag(), N_("Include child processes"),
        N_("include the processes that it has started"))
    limit: Limit | None = setting(None, LimitKind(Size(MIB, 64 * _TIB)), N_("Memory limit"),
        N_("memory that it may use; alert levels are percent of this limit"))
    warning_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Warning from (size)"),
        N_("size that raises a warning, in addition to the limit; 0 turns this off"),
        key="warning_size")
    """Told at this size; None: at that of all targets, 0: at none."""
    critical_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Critical from (size)"),
        N_("size that raises a critical alert; must be above warning_size; 0 turns this off"),
        key="critical_size")
    emergency_bytes: int | None = setting(None, Size(0, 64 * _TIB), N_("Emergency from (size)"),
        N_("size that raises an emergency; must be above critical_size; 0 turns this off"),
        key="emergency_size")
    on_warning: tuple[str, ...] = setting((), Texts(0, 6, ACTION_NAMES, _ACTIONS),
        N_("Actions on warning"),
        N_("what Memtray does automatically when this program raises a warning"))
    """Actions, by name, when an incident about it reaches that level."""
    on_critical: tuple[str, ...] = setting((), Texts(0, 6, ACTION_NAMES, _ACTIONS),
        N_("Actions when critical"),
        N_("what Memtray does automatically when this program is critical"))
    on_emergency: tuple[str, ...] = setting((), Texts(0, 6, ACTION_NAMES, _ACTIONS),
        N_("Actions in an emergency"),
        N_("what Memtray does automatically when this program is an emergency"))
    growth: bool = setting(True, Flag(), N_("Detect growth"),
        N_("alert when this program keeps growing"))
    spike: bool = setting(True, Flag(), N_("Detect jumps"),
        N_("alert when this program jumps in size between two samples"))

    @property
    def rule_text(self) -> str:
        """What its processes are recognised by."""
        return next((found for way in TARGET_RULES if (found := getattr(self, way))), "")

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
        N_("name used in the log and by memtray doctor")))
    url: str | None = setting(None, Secret(4096, r"[a-z][a-z0-9+.-]*://.+", N_('"kind://…"')),
        N_("Address"), N_("Apprise URL; the settings file must then be readable by you only"))
    """Holds secrets: never shown, logged or passed on a command line."""
    url_env: str | None = setting(None,
        Secret(200, r"[A-Za-z_][A-Za-z0-9_]*", N_("the name of an environment variable")),
        N_("Environment variable"), N_("environment variable that holds the Apprise URL"))
    url_keyring: str | None = setting(None,
        Secret(200, r".+/[^/]+", N_('"SERVICE/USER" of the keyring')), N_("Keyring entry"),
        N_("keyring entry whose password is the Apprise URL"))
    level: str = setting("warning", Choice(LEVEL_NAMES, _LEVELS), N_("Minimum level"),
        N_("lowest alert level that is sent"))
    resolved: bool = setting(True, Flag(), N_("Notify when resolved"),
        N_("also send a message when an alert is resolved"))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HookSettings:
    """One command of the person's for transitions of incidents."""

    name: str = field(metadata=declare(Name(LONGEST_NAME), N_("Name"), N_("name used in the log")))
    command: tuple[str, ...] = setting((), Texts(1, 64), N_("Command"),
        N_("program and arguments; details are passed in environment variables and on standard "
           "input"))
    """Program and arguments; no shell."""
    on: tuple[str, ...] = setting(("raised", "escalated", "resolved"),
        Texts(1, 3, TRANSITION_NAMES, (N_("An alert is raised"), N_("An alert escalates"),
        N_("An alert is resolved"))), N_("Run when"), N_("alert events that run the command"))
    events: tuple[str, ...] = setting((),
        Texts(0, len(OCCASION_NAMES), OCCASION_NAMES, (N_("A run of a program ends"),
        N_("Memory is freed"), N_("A snapshot is taken"), N_("An automatic action runs"),
        N_("A tracked program starts"), N_("A tracked program exits"))), N_("Also run for"),
        N_("other events that run the command"))
    """What else it is run for: kinds of `domain.occasions`."""
    level: str = setting("warning", Choice(LEVEL_NAMES, _LEVELS), N_("Minimum level"),
        N_("lowest alert level that runs the command"))
    target: str | None = setting(None, Name(LONGEST_NAME), N_("Only for this program"),
        N_("run the command only for alerts about this tracked program"))
    """Only about this one; None: whatever it is about."""
    limit_seconds: float = setting(10.0, Duration(1, 300), N_("Time limit"),
        N_("the command and its children are killed after this time"))


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
    advice: AdviceSettings = field(default_factory=AdviceSettings)
    diagnosis: DiagnosisSettings = field(default_factory=DiagnosisSettings)
    growth: GrowthSettings = field(default_factory=GrowthSettings)
    spike: SpikeSettings = field(default_factory=SpikeSettings)
    leak: LeakSettings = field(default_factory=LeakSettings)
    heap: HeapSettings = field(default_factory=HeapSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    log: LogSettings = field(default_factory=LogSettings)
    trends: TrendSettings = field(default_factory=TrendSettings)
    web: WebSettings = field(default_factory=WebSettings)
    channels: tuple[ChannelSettings, ...] = ()
    hooks: tuple[HookSettings, ...] = ()
    targets: tuple[TargetSettings, ...] = ()
    """In the order of the file: a process belongs to the first that matches."""
    problem: str | None = None
    """What of the file is not used, and why; one line."""


TABLES = (
    Section("sampling", SamplingSettings, N_("Sampling"), N_("How often Memtray takes samples.")),
    Section("budget", BudgetSettings, N_("Memtray's own limits"),
        N_("Limits for Memtray itself; above these it samples less often.")),
    Section("icon", IconSettings, N_("Icon"), N_("Look and content of the tray icon.")),
    Section("tray", TraySettings, N_("Tray"), N_("What happens when you click the icon.")),
    Section("ui", UiSettings, N_("Language and units"), N_("Language, units and what the "
                                                           "windows show.")),
    Section("alerts", AlertSettings, N_("Alerts"),
        N_("When to alert you that memory is running out.")),
    Section("delivery", DeliverySettings, N_("Delivery"),
        N_("Where alerts go, in addition to the console and the log.")),
    Section("actions", ActionSettings, N_("Actions"),
        N_("Limits for automatic actions (chosen per tracked program, on_warning and others).")),
    Section("advice", AdviceSettings, N_("Advice"),
        N_("What to do about memory, with the expected saving, and whether it helped.")),
    Section("diagnosis", DiagnosisSettings, N_("Diagnosis"),
        N_("What may be done to a program to find out what its memory consists of.")),
    Section("growth", GrowthSettings, N_("Growth"),
        N_("When to alert you about a program that keeps growing.")),
    Section("spike", SpikeSettings, N_("Jumps"),
        N_("When to alert you about a program that jumps in size.")),
    Section("leak", LeakSettings, N_("Leaks"),
        N_("When growth is reported as a memory leak.")),
    Section("heap", HeapSettings, N_("Heaps"),
        N_("When a heap is too full or too fragmented, seen from inside.")),
    Section("history", HistorySettings, N_("History"), N_("How long recorded data is kept.")),
    Section("log", LogSettings, N_("Memory logs"),
        N_("A text log for each tracked program, one file a day.")),
    Section("trends", TrendSettings, N_("Trends"), N_("The trend window.")),
    Section("web", WebSettings, N_("Dashboard"), N_("The dashboard in a browser.")),
)
"""In the order of the file."""

LISTS = {
    CHANNELS_TABLE: Section(CHANNELS_TABLE, ChannelSettings, N_("Channels"), N_(
        "Send alerts to other services, such as mail or chat, through Apprise "
        '(https://github.com/caronc/apprise); install it with pip install apprise.'),
        ("url", "url_env", "url_keyring"), N_("Send to")),
    HOOKS_TABLE: Section(HOOKS_TABLE, HookSettings, N_("Hooks"),
        N_("Run your own commands on events (no shell)."), ("command",)),
    TARGETS_TABLE: Section(TARGETS_TABLE, TargetSettings, N_("Tracked programs"),
        N_("Programs whose memory is recorded. A process belongs to the first entry that matches "
           "it."),
        TARGET_RULES, N_("Matched by")),
}
"""What comes after them, any number of each, [[name]]; each has a name."""
# fmt: on

_LISTS_SHOWN = (TARGETS_TABLE, CHANNELS_TABLE, HOOKS_TABLE)
SECTIONS = {each.name: each for each in (*TABLES, *(LISTS[name] for name in _LISTS_SHOWN))}
FIELDS = tuple(each for section in SECTIONS.values() for each in section.fields.values())


def fields_of(table: str) -> dict[str, Field]:
    """Return the settings of one table by their keys."""
    return SECTIONS[table].fields
