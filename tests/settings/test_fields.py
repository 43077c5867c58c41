"""The table of settings is complete, and the file made from it means the defaults."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from trayapp.dataclass import dataclass, fields
from trayapp.domain.judging.leaks import LeakSettings as LeakThresholds
from trayapp.settings import records
from trayapp.settings.editor import default_value
from trayapp.settings.fields import Field, Section, setting
from trayapp.settings.kinds import Duration, RefusedError
from trayapp.settings.parsing import parse_settings, read_value
from trayapp.settings.records import FIELDS, LISTS, SECTIONS, TABLES, Settings, fields_of
from trayapp.settings.template import default_text, setting_line
from trayapp.windows.setting_texts import help_of, name_of


def test_every_field_of_every_record_is_in_the_table_once() -> None:
    known = [(field.table, field.attribute) for field in FIELDS]
    declared = [
        (table.name, field.name)
        for table in (*TABLES, *LISTS.values())
        for field in fields(table.record)
    ]
    assert sorted(known) == sorted(declared)


def test_the_tables_are_those_of_the_settings() -> None:
    declared = {each for each in vars(records).values() if isinstance(each, type)}
    named = {each for each in declared if re.fullmatch(r"\w+Settings", each.__name__)}
    assert named - {LeakThresholds} == {table.record for table in (*TABLES, *LISTS.values())}
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
    joined = re.sub(r"\n# {30,}# ", " ", text)
    for field in FIELDS:
        assert re.search(rf"^# {field.key} = .*: {re.escape(field.help)}$", joined, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 120


def test_the_first_file_works_with_every_comment_of_a_setting_removed() -> None:
    text = re.sub(r"^# (?=\w+ = |\[)", "", default_text(), flags=re.MULTILINE)
    settings = parse_settings(text, "f")
    channels, hooks, targets = settings.channels, settings.hooks, settings.targets
    assert [channel.name for channel in channels] == ["mail", "chat", "phone"]
    assert [hook.name for hook in hooks] == ["note it"]
    assert [target.name for target in targets][:2] == ["editor", "workers"]
    assert settings == Settings(channels=channels, hooks=hooks, targets=targets)


def test_a_new_setting_is_one_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parser, messages, template and window take all they need from where it is declared."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Toy:
        patience_seconds: float = setting(
            5.0, Duration(1, 10), "Patience", "how long the toy waits"
        )

    section = Section("toy", Toy, "Toy", "A toy.")
    monkeypatch.setitem(SECTIONS, "toy", section)
    (field,) = fields_of("toy").values()
    assert (field.key, field.attribute, field.default) == ("patience", "patience_seconds", 5.0)
    assert read_value(field, "7s") == 7.0
    with pytest.raises(RefusedError, match=r'toy\.patience = "1h" is out of range; write "1s" to'):
        read_value(field, "1h")
    assert setting_line(field, 5.0) == (
        '# patience = "5s"                   # "1s" to "10s": how long the toy waits\n'
    )
    assert name_of(field) == "Patience"
    assert help_of(field, default_value(field)) == (
        "How long the toy waits.\nRange: 1s to 10s · Default: 5s"
    )


def test_the_resident_process_does_not_pay_for_settings_at_import() -> None:
    """The TOML parser and the rest are loaded when a file is read, not before."""
    heavy = {"tomllib", "difflib", "tempfile", "subprocess"}
    code = f"import sys, trayapp.settings.file; print({heavy!r} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"
