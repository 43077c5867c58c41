"""What settings, their choices and their sections are called in the settings window.

The file and the messages about it keep their English keys and words; the resident process never
loads this module.
"""

from __future__ import annotations

from trayapp.language.catalogue import N_
from trayapp.settings.fields import CHANNELS_TABLE, HOOKS_TABLE, TARGETS_TABLE, TERMINATE_PHRASE

SECTIONS = {
    "sampling": N_("Sampling"),
    "budget": N_("Own budget"),
    "icon": N_("Icon"),
    "tray": N_("Tray"),
    "ui": N_("Language and units"),
    "alerts": N_("Alerts"),
    "delivery": N_("Delivery"),
    "actions": N_("Actions"),
    "growth": N_("Growth"),
    "spike": N_("Jumps"),
    "leak": N_("Leaks"),
    "history": N_("History"),
    "trends": N_("Trends"),
    TARGETS_TABLE: N_("Targets"),
    CHANNELS_TABLE: N_("Channels"),
    HOOKS_TABLE: N_("Hooks"),
}
"""Every table of the file."""

LIST_HELP = {
    CHANNELS_TABLE: N_(
        "Other places to tell: all that Apprise knows (https://github.com/caronc/apprise); it comes"
        ' with pip install "memtray[remote]".'
    ),
    HOOKS_TABLE: N_("Commands of yours for what happens. They are run without a shell."),
    TARGETS_TABLE: N_("Programs to follow. A process belongs to the first that matches."),
}
"""What the lists are for; tables have a help of their own."""

ALTERNATIVES = {
    TARGETS_TABLE: ("match", "regex"),
    CHANNELS_TABLE: ("url", "url_env", "url_keyring"),
    HOOKS_TABLE: ("command",),
}
"""Of these settings of one entry exactly one is written."""

TITLES = {
    TARGETS_TABLE: N_("Recognised by"),
    CHANNELS_TABLE: N_("Send to"),
}
"""What those have in common that are alternatives."""

NAMES = {
    ("sampling", "interval"): N_("Interval"),
    ("sampling", "adaptive"): N_("Adapt the interval"),
    ("sampling", "applications"): N_("Interval of applications"),
    ("sampling", "private"): N_("Interval of private memory"),
    ("budget", "uss"): N_("Private memory"),
    ("budget", "cpu_percent"): N_("Processor (% of one core)"),
    ("budget", "descriptors"): N_("Open files"),
    ("budget", "threads"): N_("Threads"),
    ("budget", "written_per_minute"): N_("Written to disk per minute"),
    ("icon", "shows"): N_("What it shows"),
    ("icon", "span"): N_("Time span"),
    ("icon", "palette"): N_("Palette"),
    ("icon", "panel"): N_("Panel"),
    ("icon", "number"): N_("Number"),
    ("icon", "normal_color"): N_("Colour when all is well"),
    ("icon", "warning_color"): N_("Colour at a warning"),
    ("icon", "critical_color"): N_("Colour when critical"),
    ("icon", "emergency_color"): N_("Colour in an emergency"),
    ("tray", "middle_click"): N_("Middle click"),
    ("ui", "language"): N_("Language"),
    ("ui", "units"): N_("Units"),
    ("ui", "process_memory"): N_("Show process memory"),
    ("ui", "programs"): N_("Show other programs"),
    ("ui", "charts"): N_("Show charts"),
    ("alerts", "enabled"): N_("Notifications"),
    ("alerts", "warning_percent"): N_("Warning from (%)"),
    ("alerts", "critical_percent"): N_("Critical from (%)"),
    ("alerts", "emergency_percent"): N_("Emergency from (%)"),
    ("alerts", "warning_available"): N_("Warning below (available)"),
    ("alerts", "critical_available"): N_("Critical below (available)"),
    ("alerts", "emergency_available"): N_("Emergency below (available)"),
    ("alerts", "target_warning"): N_("Any target: warning from"),
    ("alerts", "target_critical"): N_("Any target: critical from"),
    ("alerts", "target_emergency"): N_("Any target: emergency from"),
    ("alerts", "rearm_percent"): N_("Re-arm below a level (points)"),
    ("alerts", "sustain"): N_("Must last"),
    ("alerts", "warning_cooldown"): N_("Pause after a warning"),
    ("alerts", "critical_cooldown"): N_("Pause after a critical alert"),
    ("alerts", "emergency_cooldown"): N_("Pause after an emergency"),
    ("alerts", "gap"): N_("Pause after any banner"),
    ("alerts", "recovery"): N_("Over when well for"),
    ("alerts", "stall_percent"): N_("Waiting for memory (% of time)"),
    ("alerts", "quiet_hours"): N_("Quiet hours"),
    ("alerts", "emergency_breaks_through"): N_("Emergencies break through"),
    ("delivery", "desktop"): N_("Desktop notifications"),
    ("delivery", "json_lines"): N_("File of JSON lines"),
    ("delivery", "json_lines_size"): N_("Largest size of that file"),
    ("delivery", "system_journal"): N_("System journal"),
    ("actions", "per_hour"): N_("At most per hour"),
    ("actions", "terminate_phrase"): N_("Permission to terminate"),
    ("growth", "enabled"): N_("Watch for growth"),
    ("growth", "threshold_kb_per_second"): N_("Growth above (KB/s)"),
    ("growth", "hold"): N_("Must last"),
    ("growth", "samples"): N_("Looks that must agree"),
    ("growth", "minimum"): N_("Least growth"),
    ("growth", "warning_mb_per_second"): N_("Quick from (MB/s)"),
    ("growth", "critical_mb_per_second"): N_("Critical from (MB/s)"),
    ("growth", "emergency_mb_per_second"): N_("Emergency from (MB/s)"),
    ("growth", "early"): N_("Report growth at once"),
    ("growth", "rate_alone"): N_("Level by rate alone"),
    ("spike", "enabled"): N_("Watch for jumps"),
    ("spike", "by"): N_("Judged by"),
    ("spike", "percent"): N_("Least jump (%)"),
    ("spike", "minimum_kib"): N_("Least jump (KiB)"),
    ("spike", "amount"): N_("Jump by amount"),
    ("leak", "others"): N_("Judge other programs, too"),
    ("leak", "staleness"): N_("Check for idle memory"),
    ("leak", "score_percent"): N_("Certainty (%)"),
    ("leak", "levels"): N_("Level decided by"),
    ("leak", "warning_percent"): N_("Warning from (certainty, %)"),
    ("leak", "critical_percent"): N_("Critical from (certainty, %)"),
    ("leak", "emergency_percent"): N_("Emergency from (certainty, %)"),
    ("leak", "proof"): N_("Time to be certain"),
    ("leak", "minimum"): N_("Least growth"),
    ("leak", "minimum_percent"): N_("Least growth (%)"),
    ("leak", "runaway_kb_per_second"): N_("Tell at once from (KB/s)"),
    ("leak", "rising_percent"): N_("Sustained growth: rising looks (%)"),
    ("leak", "sustained_percent"): N_("Sustained growth: in all (%)"),
    ("leak", "stair"): N_("Staircase: smallest step"),
    ("history", "raw"): N_("Keep every sample for"),
    ("history", "minutes"): N_("Keep minutes for"),
    ("history", "hours"): N_("Keep hours for"),
    ("history", "size"): N_("Most on disk"),
    ("trends", "chart_height_percent"): N_("Chart height (%)"),
    ("targets", "name"): N_("Name"),
    ("targets", "match"): N_("Text in the command line"),
    ("targets", "regex"): N_("Regular expression"),
    ("targets", "children"): N_("Count child processes"),
    ("targets", "limit"): N_("Memory limit"),
    ("targets", "warning_size"): N_("Warning from (size)"),
    ("targets", "critical_size"): N_("Critical from (size)"),
    ("targets", "emergency_size"): N_("Emergency from (size)"),
    ("targets", "on_warning"): N_("At a warning"),
    ("targets", "on_critical"): N_("When it is critical"),
    ("targets", "on_emergency"): N_("In an emergency"),
    ("targets", "growth"): N_("Watch for growth"),
    ("targets", "spike"): N_("Watch for jumps"),
    ("channels", "name"): N_("Name"),
    ("channels", "url"): N_("Address"),
    ("channels", "url_env"): N_("Environment variable"),
    ("channels", "url_keyring"): N_("Keyring entry"),
    ("channels", "level"): N_("Least level"),
    ("channels", "resolved"): N_("Tell when it is over"),
    ("hooks", "name"): N_("Name"),
    ("hooks", "command"): N_("Command"),
    ("hooks", "on"): N_("Run when"),
    ("hooks", "events"): N_("Also run for"),
    ("hooks", "level"): N_("Least level"),
    ("hooks", "target"): N_("Only for the target"),
    ("hooks", "limit"): N_("Time limit"),
}
"""Every setting by its table and key; short, since it is a line of its own."""

_LEVELS = {
    "warning": N_("Warning"),
    "critical": N_("Critical"),
    "emergency": N_("Emergency"),
}
_ACTIONS = {
    "snapshot": N_("Take a snapshot"),
    "collect": N_("Collect garbage"),
    "cleanup": N_("Clean up"),
    "restart": N_("Restart"),
    "terminate": N_("Terminate"),
}

WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("icon", "shows"): {
        "system": N_("The machine"),
        "pressure": N_("Memory pressure"),
        "largest": N_("The largest program"),
        "memtray": N_("Memtray itself"),
    },
    ("icon", "palette"): {
        "default": N_("Standard"),
        "safe": N_("Safe"),
        "mono": N_("Monochrome"),
        "custom": N_("Custom"),
    },
    ("icon", "panel"): {
        "auto": N_("Automatic"),
        "light": N_("Light"),
        "dark": N_("Dark"),
    },
    ("icon", "number"): {
        "off": N_("No number"),
        "under": N_("Under the bars"),
        "instead": N_("Instead of the bars"),
        "beside": N_("Beside the icon"),
    },
    ("tray", "middle_click"): {
        "trends": N_("Open the trends"),
        "pause": N_("Pause or resume"),
        "cleanup": N_("Clean up Memtray"),
        "snapshot": N_("Take a snapshot"),
        "none": N_("Nothing"),
    },
    # Languages in themselves, so that whoever reads none of the others finds theirs.
    ("ui", "language"): {
        "auto": N_("As the system"),
        "en": "English",
        "de": "Deutsch",
        "es": "Español",
        "fr": "Français",
        "ja": "日本語",
        "zh_CN": "简体中文",
    },
    ("spike", "by"): {
        "percent": N_("Percent and least size"),
        "amount": N_("An amount"),
    },
    ("leak", "levels"): {
        "urgency": N_("Time left"),
        "score": N_("Certainty"),
    },
    ("ui", "units"): {
        "binary": "MiB, GiB",
        "decimal": "MB, GB",
    },
    # What stands for a promise is not translated: it is the promise that is written.
    ("actions", "terminate_phrase"): {
        "": N_("Not given"),
        TERMINATE_PHRASE: TERMINATE_PHRASE,
    },
    ("targets", "on_warning"): _ACTIONS,
    ("targets", "on_critical"): _ACTIONS,
    ("targets", "on_emergency"): _ACTIONS,
    ("channels", "level"): _LEVELS,
    ("hooks", "on"): {
        "raised": N_("It begins"),
        "escalated": N_("It gets worse"),
        "resolved": N_("It is over"),
    },
    ("hooks", "events"): {
        "run_end": N_("A run of a program ends"),
        "cleanup": N_("A cleanup"),
        "snapshot": N_("A snapshot"),
        "action": N_("An automatic action"),
        "target_start": N_("A tracked program starts"),
        "target_end": N_("A tracked program exits"),
    },
    ("hooks", "level"): _LEVELS,
}
"""What is shown for each word that can be chosen, by the setting; no two alike in one."""
