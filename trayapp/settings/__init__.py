"""What a person can set: one TOML file, read into typed records.

`fields.py` holds the one table from which parsing, messages, the commented file of the first
start and any settings window come.
"""

from trayapp.settings.fields import Field, Section
from trayapp.settings.file import (
    SettingsFile,
    add_target,
    load_settings,
    make_target_name,
    remove_target,
)
from trayapp.settings.parsing import parse_settings
from trayapp.settings.records import (
    FIELDS,
    LISTS,
    TABLES,
    TARGETS_TABLE,
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
    Settings,
    SpikeSettings,
    TargetSettings,
    TraySettings,
    TrendSettings,
    UiSettings,
)

__all__ = [
    "FIELDS",
    "LISTS",
    "TABLES",
    "TARGETS_TABLE",
    "ActionSettings",
    "AlertSettings",
    "BudgetSettings",
    "ChannelSettings",
    "DeliverySettings",
    "Field",
    "GrowthSettings",
    "HistorySettings",
    "HookSettings",
    "IconSettings",
    "LeakSettings",
    "SamplingSettings",
    "Section",
    "Settings",
    "SettingsFile",
    "SpikeSettings",
    "TargetSettings",
    "TraySettings",
    "TrendSettings",
    "UiSettings",
    "add_target",
    "load_settings",
    "make_target_name",
    "parse_settings",
    "remove_target",
]
