"""The table of settings is complete, and the file made from it means the defaults."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields

import pytest

from trayapp.settings import (
    FIELDS,
    LISTS,
    TABLES,
    Field,
    Settings,
    parse_settings,
)
from trayapp.settings.template import default_text


def test_every_field_of_every_record_is_in_the_table_once() -> None:
    known = [(field.table, field.attribute) for field in FIELDS]
    records = [(table.name, field.name) for table in TABLES for field in fields(table.record)]
    lists = [(name, field.name) for name, record in LISTS.items() for field in fields(record)]
    limits = {("targets", "limit_bytes"), ("targets", "limit_share")}
    assert sorted(known) == sorted({*records, *lists, ("targets", "limit")} - limits)


def test_the_tables_are_those_of_the_settings() -> None:
    assert [field.name for field in fields(Settings)] == [
        *(table.name for table in TABLES),
        *LISTS,
        "problem",
    ]


@pytest.mark.parametrize(
    "field",
    [field for field in FIELDS if field.table not in LISTS],
    ids=lambda field: f"{field.table}.{field.key}",
)
def test_a_default_is_in_its_own_range_and_survives_being_written(field: Field) -> None:
    text = f"{field.table}.{field.key} = {field.kind.write(field.default)}"
    assert parse_settings(text, "f") == Settings()


def test_the_first_file_changes_nothing() -> None:
    assert parse_settings(default_text(), "f") == Settings()


def test_the_first_file_shows_every_setting_on_lines_of_readable_length() -> None:
    text = default_text()
    for field in FIELDS:
        assert re.search(rf"^# {field.key} = .*: {re.escape(field.help)}$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) < 160


def test_the_first_file_works_with_every_comment_of_a_setting_removed() -> None:
    text = re.sub(r"^# (?=\w+ = |\[)", "", default_text(), flags=re.MULTILINE)
    settings = parse_settings(text, "f")
    channels, hooks, targets = settings.channels, settings.hooks, settings.targets
    assert [channel.name for channel in channels] == ["mail", "chat", "phone"]
    assert [hook.name for hook in hooks] == ["note it"]
    assert [target.name for target in targets] == ["editor", "workers"]
    assert settings == Settings(channels=channels, hooks=hooks, targets=targets)


def test_the_resident_process_does_not_pay_for_settings_at_import() -> None:
    """The TOML parser and the rest are loaded when a file is read, not before."""
    heavy = {"tomllib", "difflib", "tempfile", "subprocess"}
    code = f"import sys, trayapp.settings; print({heavy!r} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
