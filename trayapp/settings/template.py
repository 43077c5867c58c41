"""Settings as TOML text: the commented file of the first start, and the block of one target."""

from __future__ import annotations

import textwrap

from trayapp.language.catalogue import N_, _
from trayapp.settings.fields import Field
from trayapp.settings.kinds import Limit
from trayapp.settings.records import (
    CHANNELS_TABLE,
    HOOKS_TABLE,
    TABLES,
    TARGETS_TABLE,
    TargetSettings,
    fields_of,
)

_WIDTH = 120
"""Columns of the file, as far as words can be broken."""
_HEAD = N_(
    """\
# Memtray settings. Changes take effect within two seconds after you save this file.
#
# Settings that are commented out have the default shown; remove the "#" to change one.
# Blocks with double brackets are examples.
# Durations: "500ms", "90s", "15min", "2h", "7d". Sizes: "500M", "1.5GiB".
"""
)

_LISTS = {
    CHANNELS_TABLE: N_(
        """\
# Send alerts to other services through Apprise (https://github.com/caronc/apprise; install it with
# pip install apprise): one [[channels]] block each, with url, url_env or url_keyring.
"""
    ),
    HOOKS_TABLE: N_(
        """\
# Run your own commands on events: one [[hooks]] block each. They run without a shell.
"""
    ),
    TARGETS_TABLE: N_(
        """\
# Programs to track: one [[targets]] block each. A process belongs to the first that matches it.
"""
    ),
}

_EXAMPLES: dict[str, tuple[dict[str, object], ...]] = {
    CHANNELS_TABLE: (
        {
            "name": "mail",
            "url": "mailtos://me:password@example.org",
            "level": "critical",
            "resolved": True,
        },
        {"name": "chat", "url_env": "MEMTRAY_CHAT_URL"},
        {"name": "phone", "url_keyring": "memtray/phone"},
    ),
    HOOKS_TABLE: (
        {
            "name": "note it",
            "command": ("logger", "-t", "memtray"),
            "on": ("raised", "escalated"),
            "events": ("run_end",),
            "level": "critical",
            "target": "editor",
            "limit": 10.0,
        },
    ),
    TARGETS_TABLE: (
        {"name": "editor", "match": "code --type=renderer", "limit": Limit(2_000_000_000, None)},
        {
            "name": "workers",
            "regex": r"python3? .*worker\.py",
            "limit": Limit(None, 0.2),
            "children": True,
            "warning_size": 1_000_000_000,
            "critical_size": 1_200_000_000,
            "emergency_size": 1_500_000_000,
            "growth": True,
            "spike": True,
            "on_warning": (),
            "on_critical": ("snapshot",),
            "on_emergency": ("snapshot", "cleanup"),
        },
        {"name": "browser", "exe": "firefox"},
        {"name": "web server", "unit": "nginx.service"},
        {"name": "database", "container": "postgres"},
        {"name": "services", "cgroup": "/system.slice"},
        {"name": "guests", "user": "guest"},
    ),
}


def default_text() -> str:
    """Return the file of the first start: every setting as a comment, with range and help."""
    tables = [
        f"# {_(table.help)}\n[{table.name}]\n"
        + "".join(setting_line(field, field.default) for field in fields_of(table.name).values())
        for table in TABLES
    ]
    lists = [
        _(head) + "\n".join(_example(table, values) for values in _EXAMPLES[table])
        for table, head in _LISTS.items()
    ]
    return "\n".join([_(_HEAD), *tables, *lists])


def target_text(target: TargetSettings) -> str:
    """Return one [[targets]] block, a value on each line, without those that are the default."""
    lines = [f"[[{TARGETS_TABLE}]]\n"]
    for key, value in target_values(target).items():
        lines.append(f"{key} = {fields_of(TARGETS_TABLE)[key].kind.write(value)}\n")
    return "".join(lines)


def target_values(target: TargetSettings) -> dict[str, object]:
    """Return the values that are not the default, by the keys of the file."""
    values: dict[str, object] = {}
    for field in fields_of(TARGETS_TABLE).values():
        value = getattr(target, field.attribute)
        if value != field.default:
            values[field.key] = value
    return values


def _example(table: str, values: dict[str, object]) -> str:
    fields = fields_of(table)
    return f"# [[{table}]]\n" + "".join(
        setting_line(fields[key], value) for key, value in values.items()
    )


def setting_line(field: Field, value: object) -> str:
    """Return a setting as a comment, with what fits and what it is for.

    A long remark continues on lines of its own below, which no one takes for settings.
    """
    setting = f"# {field.key} = {field.kind.write(value)}"
    remark = f"{field.kind.allowed}: {_(field.help)}"
    # What East Asian languages write without spaces stays whole.
    room = max(_WIDTH - len(f"{setting:<34}  # "), 40)
    first, *others = textwrap.wrap(remark, room, break_long_words=False, break_on_hyphens=False)
    below = textwrap.wrap(" ".join(others), _WIDTH - 39, break_long_words=False)
    heads = [setting, *("#" for _each in below)]
    texts = zip(heads, [first, *below], strict=True)
    return "".join(f"{head:<34}  # {text}\n" for head, text in texts)
