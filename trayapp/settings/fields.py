"""The one table of all settings: key, kind, range and help."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from trayapp.domain.acting.occasions import OCCASION_NAMES
from trayapp.domain.showing.menu import MIDDLE_CLICKS, NUMBER_PLACES, PALETTE_NAMES, PANEL_NAMES
from trayapp.language.catalogue import LANGUAGES, N_
from trayapp.language.units import GIB, KIB, MIB, UNIT_NAMES
from trayapp.settings.kinds import (
    Choice,
    Color,
    Duration,
    Flag,
    Hours,
    Kind,
    LimitKind,
    Name,
    Number,
    Pattern,
    Secret,
    Size,
    Subject,
    Text,
    Texts,
    Whole,
)
from trayapp.settings.records import (
    ActionSettings,
    AlertSettings,
    BudgetSettings,
    ChannelSettings,
    DeliverySettings,
    GrowthSettings,
    HistorySettings,
    HookSettings,
    IconSettings,
    LeakSettings,
    SamplingSettings,
    SpikeSettings,
    TargetSettings,
    TraySettings,
    TrendSettings,
    UiSettings,
)

TARGETS_TABLE = "targets"
CHANNELS_TABLE = "channels"
HOOKS_TABLE = "hooks"
LEVEL_NAMES = ("warning", "critical", "emergency")
TRANSITION_NAMES = ("raised", "escalated", "resolved")
TERMINATE_PHRASE = "I accept lost work"
ACTION_NAMES = ("snapshot", "collect", "cleanup", "restart", "terminate")
"""What Memtray may do by itself, worst last."""
LONGEST_NAME = 64
"""Characters in the name of a target."""
RESERVED_NAMES = ("system", "pressure", "largest", "memtray")
"""What `icon.shows` and the commands call something else than a target."""

_TIB = 1024 * GIB
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY
_RATE = Number(0.1, 10_000, 1_000_000)


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
    Table("sampling", SamplingSettings, N_("How often Memtray looks.")),
    Table(
        "budget", BudgetSettings, N_("What Memtray itself may cost; over it, it looks less often.")
    ),
    Table("icon", IconSettings, N_("What the ten bars in the tray show.")),
    Table("tray", TraySettings, N_("What the icon does when it is used.")),
    Table("ui", UiSettings, N_("Language and units.")),
    Table("alerts", AlertSettings, N_("When to speak up about memory running out.")),
    Table("delivery", DeliverySettings, N_("Where alerts go beside the console and the log.")),
    Table(
        "actions", ActionSettings, N_("Bounds of what Memtray may do by itself; see on_warning.")
    ),
    Table("growth", GrowthSettings, N_("When to speak up about a program that keeps growing.")),
    Table("spike", SpikeSettings, N_("When to speak up about a program that jumps.")),
    Table("leak", LeakSettings, N_("When growth that will not stop is called a leak.")),
    Table("history", HistorySettings, N_("How long the past is kept.")),
    Table("trends", TrendSettings, N_("The trend window.")),
)
"""In the order of the file."""

LISTS: dict[str, type] = {
    CHANNELS_TABLE: ChannelSettings,
    HOOKS_TABLE: HookSettings,
    TARGETS_TABLE: TargetSettings,
}
"""What comes after them, any number of each, [[name]], and the record of one; it has a name."""

FIELDS = (
    Field("sampling", "interval", "interval_seconds", Duration(0.2, 30),
          N_("time between two looks")),
    Field("sampling", "adaptive", "adaptive", Flag(),
          N_("slower when idle or on battery, faster when memory is short")),
    Field("sampling", "applications", "applications_seconds", Duration(5, 2 * _MINUTE),
          N_("time between two looks at what is no target")),
    Field("sampling", "private", "private_seconds", Duration(5, 10 * _MINUTE),
          N_("the same for private and proportional memory of targets")),
    Field("budget", "uss", "uss_bytes", Size(4 * MIB, GIB),
          N_("its private memory")),
    Field("budget", "cpu_percent", "cpu_percent", Number(0.1, 100),
          N_("share of one core, on average over a minute")),
    Field("budget", "descriptors", "descriptors", Whole(64, 1_000_000),
          N_("its open files; on Linux one for each process that runs")),
    Field("budget", "threads", "threads", Whole(4, 1000),
          N_("how many threads it runs")),
    Field("budget", "written_per_minute", "written_bytes_per_minute", Size(64 * KIB, GIB),
          N_("what goes to disk in a minute")),
    Field("icon", "shows", "shows", Subject(LONGEST_NAME),
          N_("whose memory; \"pressure\": the waiting for it")),
    Field("icon", "span", "span_seconds", Duration(10, _DAY),
          N_("time that the ten bars cover")),
    Field("icon", "palette", "palette", Choice(PALETTE_NAMES),
          N_("\"safe\" for colour-blind eyes, \"mono\" without colours")),
    Field("icon", "panel", "panel", Choice(PANEL_NAMES),
          N_("what is behind the icon; \"auto\": as the desktop says")),
    Field("icon", "number", "number", Choice(NUMBER_PLACES),
          N_("percent of memory: under, in place of or beside the bars")),
    Field("icon", "normal_color", "normal_color", Color(),
          N_("of the palette \"custom\", while all is well")),
    Field("icon", "warning_color", "warning_color", Color(),
          N_("the same at a warning")),
    Field("icon", "critical_color", "critical_color", Color(),
          N_("the same when it is critical")),
    Field("icon", "emergency_color", "emergency_color", Color(),
          N_("the same in an emergency")),
    Field("tray", "middle_click", "middle_click", Choice(MIDDLE_CLICKS),
          N_("what a click by the middle button does")),
    Field("ui", "language", "language", Choice(("auto", *LANGUAGES)),
          N_("what it speaks, from the next start on")),
    Field("ui", "units", "units", Choice(UNIT_NAMES),
          N_("sizes in MiB and GiB, or in MB and GB")),
    Field("ui", "process_memory", "process_memory", Flag(),
          N_("show Memtray's own row in the table, and the figures in the details")),
    Field("ui", "programs", "programs", Flag(),
          N_("show applications that are no targets in table and compact view")),
    Field("ui", "charts", "charts", Flag(),
          N_("show the charts in the details")),
    Field("alerts", "enabled", "enabled", Flag(),
          N_("show notifications")),
    Field("alerts", "warning_percent", "warning_percent", Number(1, 100),
          N_("memory in use (of a target: of its limit) that is a warning")),
    Field("alerts", "critical_percent", "critical_percent", Number(1, 100),
          N_("the same that is critical; above warning_percent")),
    Field("alerts", "emergency_percent", "emergency_percent", Number(1, 100),
          N_("the same that is an emergency; above critical_percent")),
    Field("alerts", "warning_available", "warning_available_bytes", Size(0, _TIB),
          N_("less available memory than this is a warning as well; 0: no amount")),
    Field("alerts", "critical_available", "critical_available_bytes", Size(0, _TIB),
          N_("the same that is critical; below warning_available")),
    Field("alerts", "emergency_available", "emergency_available_bytes", Size(0, _TIB),
          N_("the same that is an emergency; below critical_available")),
    Field("alerts", "target_warning", "target_warning_bytes", Size(0, _TIB),
          N_("size of any target that is a warning, such as 1000MB; 0: none")),
    Field("alerts", "target_critical", "target_critical_bytes", Size(0, _TIB),
          N_("the same that is critical, such as 1200MB")),
    Field("alerts", "target_emergency", "target_emergency_bytes", Size(0, _TIB),
          N_("the same that is an emergency, such as 1500MB")),
    Field("alerts", "rearm_percent", "rearm_percent", Number(0.5, 50),
          N_("how far below a level it must fall before that is told again")),
    Field("alerts", "sustain", "sustain_seconds", Duration(0, 10 * _MINUTE),
          N_("how long it must last; an emergency is told at once")),
    Field("alerts", "warning_cooldown", "warning_cooldown_seconds", Duration(0, _HOUR),
          N_("least time between two warnings")),
    Field("alerts", "critical_cooldown", "critical_cooldown_seconds", Duration(0, _HOUR),
          N_("the same for critical")),
    Field("alerts", "emergency_cooldown", "emergency_cooldown_seconds", Duration(0, _HOUR),
          N_("the same for an emergency")),
    Field("alerts", "gap", "gap_seconds", Duration(0, _HOUR),
          N_("least time between two banners, unless it is worse")),
    Field("alerts", "recovery", "recovery_seconds", Duration(0, _HOUR),
          N_("how long it must be well again before that is believed")),
    Field("alerts", "stall_percent", "stall_percent", Number(1, 100),
          N_("time in which every program waits for memory that is a warning (Linux)")),
    Field("alerts", "quiet_hours", "quiet_hours", Hours(),
          N_("no banners then, local time")),
    Field("alerts", "emergency_breaks_through", "emergency_breaks_through", Flag(),
          N_("quiet hours and snoozes do not hold an emergency")),
    Field("delivery", "desktop", "desktop", Flag(),
          N_("notifications on the desktop")),
    Field("delivery", "json_lines", "json_lines", Flag(),
          N_("a line of JSON for each in alerts.jsonl, beside the history")),
    Field("delivery", "json_lines_size", "json_lines_bytes", Size(64 * KIB, GIB),
          N_("the file starts anew at this size; one older is kept")),
    Field("delivery", "system_journal", "system_journal", Flag(),
          N_("also into the system's journal")),
    Field("actions", "per_hour", "per_hour", Whole(1, 100),
          N_("most often of each action on each target")),
    Field("actions", "terminate_phrase", "terminate_phrase", Choice(("", TERMINATE_PHRASE)),
          N_("what must stand here for \"terminate\" to be done at all")),
    Field("growth", "enabled", "enabled", Flag(),
          N_("watch for growth")),
    Field("growth", "threshold_kb_per_second", "threshold_bytes_per_second", Number(1, 200, 1000),
          N_("average growth above this is suspicious")),
    Field("growth", "hold", "hold_seconds", Duration(2, _HOUR),
          N_("how long the growth must last")),
    Field("growth", "samples", "samples", Whole(3, 100),
          N_("how many looks must agree at least")),
    Field("growth", "minimum", "minimum_bytes", Size(0, GIB),
          N_("growth below this in all is not told")),
    Field("growth", "warning_mb_per_second", "warning_bytes_per_second", _RATE,
          N_("growth from this rate on is called quick")),
    Field("growth", "critical_mb_per_second", "critical_bytes_per_second", _RATE,
          N_("from this on it is critical, if memory lasts an hour")),
    Field("growth", "emergency_mb_per_second", "emergency_bytes_per_second", _RATE,
          N_("from this on it is an emergency, if memory lasts ten minutes")),
    Field("growth", "early", "early", Flag(),
          N_("report growth at once; else when a tenth of the time to its limit is gone")),
    Field("growth", "rate_alone", "rate_alone", Flag(),
          N_("the rate decides the level, however long memory lasts")),
    Field("spike", "enabled", "enabled", Flag(),
          N_("watch for jumps")),
    Field("spike", "by", "by", Choice(("percent", "amount")),
          N_("what makes a jump: \"percent\" and the least size, or \"amount\" alone")),
    Field("spike", "percent", "percent", Number(25, 200),
          N_("growth between two looks, in percent of the earlier one")),
    Field("spike", "minimum_kib", "minimum_bytes", Whole(64, 2048, KIB),
          N_("and at least so many KiB")),
    Field("spike", "amount", "amount_bytes", Size(64 * KIB, 64 * GIB),
          N_("growth between two looks that is a jump, where \"amount\" decides")),
    Field("leak", "others", "others", Flag(),
          N_("judge all other programs, too, not only targets")),
    Field("leak", "staleness", "staleness", Flag(),
          N_("check every 10 min or more whether growing memory is used again (Linux)")),
    Field("leak", "score_percent", "score_percent", Number(50, 95),
          N_("how sure Memtray must be")),
    Field("leak", "levels", "levels", Choice(("urgency", "score")),
          N_("what makes a leak worse: \"urgency\", the time left, or \"score\", the certainty")),
    Field("leak", "warning_percent", "warning_percent", Number(30, 100),
          N_("certainty that is a warning, where \"score\" decides")),
    Field("leak", "critical_percent", "critical_percent", Number(30, 100),
          N_("the same that is critical; above warning_percent")),
    Field("leak", "emergency_percent", "emergency_percent", Number(30, 100),
          N_("the same that is an emergency; above critical_percent")),
    Field("leak", "proof", "proof_seconds", Duration(5 * _MINUTE, 6 * _HOUR),
          N_("how long a clean climb must last to be that sure")),
    Field("leak", "minimum", "minimum_bytes", Size(MIB, 4 * GIB),
          N_("growth below this is what programs do")),
    Field("leak", "minimum_percent", "minimum_percent", Number(1, 100),
          N_("the same, in percent of the size before")),
    Field("leak", "runaway_kb_per_second", "runaway_bytes_per_second", Number(100, 100_000, 1000),
          N_("growth as quick as this is told without waiting for proof")),
    Field("leak", "rising_percent", "rising_percent", Number(50, 100),
          N_("sustained growth, one of the simple rules: share of looks that rise")),
    Field("leak", "sustained_percent", "sustained_percent", Number(1, 100),
          N_("and the growth in all")),
    Field("leak", "stair", "stair_bytes", Size(64 * KIB, GIB),
          N_("staircase, one of the simple rules: the smallest step")),
    Field("history", "raw", "raw_seconds", Duration(_HOUR, 7 * _DAY),
          N_("every sample")),
    Field("history", "minutes", "minutes_seconds", Duration(_DAY, 90 * _DAY),
          N_("minimum, mean and maximum of each minute")),
    Field("history", "hours", "hours_seconds", Duration(7 * _DAY, 5 * _YEAR),
          N_("minimum, mean and maximum of each hour")),
    Field("history", "size", "size_bytes", Size(16 * MIB, 4 * GIB),
          N_("most it may take on disk; the oldest goes first")),
    Field("trends", "chart_height_percent", "chart_height_percent", Number(40, 150),
          N_("height of a chart")),
    Field("targets", "name", "name", Name(LONGEST_NAME),
          N_("what menu, alerts and commands call it")),
    Field("targets", "match", "match", Text(4096),
          N_("text that occurs in the command line")),
    Field("targets", "regex", "regex", Pattern(1000),
          N_("instead of match: found in the command line")),
    Field("targets", "children", "children", Flag(),
          N_("count the processes it has started, too")),
    Field("targets", "limit", "limit", LimitKind(Size(MIB, 64 * _TIB)),
          N_("what it may use; alerts are percent of this")),
    Field("targets", "warning_size", "warning_bytes", Size(0, 64 * _TIB),
          N_("size that is a warning, beside the limit; 0: none")),
    Field("targets", "critical_size", "critical_bytes", Size(0, 64 * _TIB),
          N_("the same that is critical; above warning_size")),
    Field("targets", "emergency_size", "emergency_bytes", Size(0, 64 * _TIB),
          N_("the same that is an emergency; above critical_size")),
    Field("targets", "on_warning", "on_warning", Texts(0, 5, ACTION_NAMES),
          N_("what to do by itself at a warning about it")),
    Field("targets", "on_critical", "on_critical", Texts(0, 5, ACTION_NAMES),
          N_("the same when it is critical")),
    Field("targets", "on_emergency", "on_emergency", Texts(0, 5, ACTION_NAMES),
          N_("the same in an emergency")),
    Field("targets", "growth", "growth", Flag(),
          N_("watch it for growth")),
    Field("targets", "spike", "spike", Flag(),
          N_("watch it for jumps")),
    Field("channels", "name", "name", Name(LONGEST_NAME),
          N_("what log and doctor call it")),
    Field("channels", "url", "url", Secret(4096, r"[a-z][a-z0-9+.-]*://.+", N_('"kind://…"')),
          N_("as Apprise has it; nobody but you may read this file then")),
    Field("channels", "url_env", "url_env",
          Secret(200, r"[A-Za-z_][A-Za-z0-9_]*", N_("the name of an environment variable")),
          N_("instead of url: it is in there")),
    Field("channels", "url_keyring", "url_keyring",
          Secret(200, r".+/[^/]+", N_('"SERVICE/USER" of the keyring')),
          N_("instead of url: it is kept there as the password")),
    Field("channels", "level", "level", Choice(LEVEL_NAMES),
          N_("the least that is sent")),
    Field("channels", "resolved", "resolved", Flag(),
          N_("tell also when it is over")),
    Field("hooks", "name", "name", Name(LONGEST_NAME),
          N_("what the log calls it")),
    Field("hooks", "command", "command", Texts(1, 64),
          N_("program and arguments; facts come in environment and standard input")),
    Field("hooks", "on", "on", Texts(1, 3, TRANSITION_NAMES),
          N_("when it is run")),
    Field("hooks", "events", "events", Texts(0, len(OCCASION_NAMES), OCCASION_NAMES),
          N_("other events")),
    Field("hooks", "level", "level", Choice(LEVEL_NAMES),
          N_("the least that it is run for")),
    Field("hooks", "target", "target", Name(LONGEST_NAME),
          N_("only about this one")),
    Field("hooks", "limit", "limit_seconds", Duration(1, 300),
          N_("it is ended after so long")),
)  # fmt: skip


def fields_of(table: str) -> dict[str, Field]:
    """The settings of one table by their keys."""
    return {field.key: field for field in FIELDS if field.table == table}


@cache
def _defaults(table: str) -> object:
    if table in LISTS:
        return LISTS[table](name="")
    return next(entry.record() for entry in TABLES if entry.name == table)
