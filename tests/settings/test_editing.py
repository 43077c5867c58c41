"""Single values are changed; comments, order and everything else of the person's file stay."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trayapp.errors import SettingsError
from trayapp.settings.editing import add_entry, change_values, remove_entry
from trayapp.settings.editor import SettingsEditor, default_value, shown_text, typed_value
from trayapp.settings.file import load_settings
from trayapp.settings.records import FIELDS, LISTS, fields_of
from trayapp.settings.template import default_text

MINE = """\
# My own file.
[sampling]
# Often, since it is a server.
interval = "1s"   # quick

[[targets]]
name = "web"      # the shop
match = "gunicorn"

# The database comes after the shop.
[[targets]]
name = "db"
regex = "postgres.*"
"""


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_only_the_value_changes() -> None:
    after = change_values(MINE, "sampling", {"interval": "500ms"})
    assert changed_lines(MINE, after) == [
        '- interval = "1s"   # quick',
        '+ interval = "500ms"   # quick',
    ]


def test_a_commented_default_is_written_in_its_place_and_goes_back() -> None:
    """The first file, changed and changed back, is the first file."""
    first = default_text()
    after = change_values(first, "alerts", {"warning_percent": 60})
    (gone, come) = changed_lines(first, after)
    assert gone.startswith("- # warning_percent = 75 ")
    assert come.startswith("+ warning_percent = 60 ")
    assert come.split("#")[1] == gone.split("#")[2]
    assert change_values(after, "alerts", {"warning_percent": None}) == first


def test_a_new_value_stands_with_its_table_not_below_the_next_remark() -> None:
    after = change_values(MINE, "targets", {"limit": "2GiB"}, "web")
    assert changed_lines(MINE, after) == ['+ limit = "2GiB"']
    assert 'match = "gunicorn"\nlimit = "2GiB"\n\n# The database' in after


def test_one_of_two_values_takes_the_place_of_the_other() -> None:
    after = change_values(MINE, "targets", {"match": None, "regex": "a.b"}, "web")
    assert tomllib.loads(after)["targets"][0] == {"name": "web", "regex": "a.b"}
    assert "# the shop" in after


def test_entries_come_and_go() -> None:
    after = add_entry(MINE, "targets", {"name": "mail", "match": 'say "hello" # \\d'})
    assert after.startswith(MINE)
    assert tomllib.loads(after)["targets"][2]["match"] == 'say "hello" # \\d'
    assert remove_entry(after, "targets", "mail").rstrip() == MINE.rstrip()
    assert "# The database comes" in remove_entry(MINE, "targets", "web")


@pytest.mark.parametrize(
    "text",
    [
        'sampling.interval = "1s"',
        'sampling = { interval = "1s", adaptive = true } # short',
        '[sampling]\r\ninterval = "1s" # quick\r\n',
        '\ufeff[sampling]\ninterval = "1s"',
        '[[targets]]\nname = "a"\nmatch = """\n[sampling]\n# interval = "3s"\n"""',
        'targets = [ { name = "a", match = "b" } ]\n',
        "",
    ],
)
def test_every_form_of_the_file_can_be_changed(text: str) -> None:
    """Nothing else changes in value, and a stranger's way of writing stays."""
    before = tomllib.loads(text.removeprefix("\ufeff"))
    after = change_values(text, "sampling", {"interval": "2s"})
    found = tomllib.loads(after.removeprefix("\ufeff"))
    assert found.pop("sampling")["interval"] == "2s"
    before.pop("sampling", None)
    assert found == before
    assert after.startswith("\ufeff") is text.startswith("\ufeff")
    assert ("\r\n" in after) is ("\r\n" in text)
    assert after.count("\n") == after.count("\r\n") or "\r\n" not in text


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([field for field in FIELDS if field.table not in LISTS]),
    st.sampled_from([default_text(), MINE, ""]),
)
def test_every_setting_can_be_set_and_reset(field, text: str) -> None:  # type: ignore[no-untyped-def]
    value = default_value(field)
    after = change_values(text, field.table, {field.key: value})
    assert tomllib.loads(after)[field.table][field.key] == value
    again = change_values(after, field.table, {field.key: None})
    assert field.key not in tomllib.loads(again).get(field.table, {})


def test_what_an_editor_saves_meanwhile_is_not_lost(tmp_path: Path) -> None:
    file = tmp_path / "memtray.toml"
    file.write_text(MINE)
    file.chmod(0o640)
    editor = SettingsEditor(file)
    file.write_text(MINE.replace("My own file", "Edited elsewhere"))
    editor.change("sampling", {"adaptive": False})
    assert "Edited elsewhere" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert not load_settings(file).sampling.adaptive
    editor.undo()
    assert file.read_text() == MINE.replace("My own file", "Edited elsewhere")


def test_a_bad_value_is_refused_with_what_fits_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "memtray.toml"
    file.write_text(MINE)
    editor = SettingsEditor(file)
    for table, values, expected in (
        ("sampling", {"interval": "99s"}, 'sampling.interval = "99s" is out of range; write'),
        ("alerts", {"warning_percent": 90}, "alerts.critical_percent = 85 is not above"),
        ("icon", {"shows": "nobody"}, 'icon.shows = "nobody" is not a tracked program'),
    ):
        with pytest.raises(SettingsError) as caught:
            editor.change(table, values)
        assert str(caught.value).startswith(expected)
    with pytest.raises(SettingsError, match="is the name of another"):
        editor.add("targets", {"name": "web", "match": "x"})
    assert file.read_text() == MINE
    assert not editor.can_undo


def test_a_mistake_elsewhere_stays_but_may_be_mended(tmp_path: Path) -> None:
    """A window must not lock a person out because of another line."""
    file = tmp_path / "memtray.toml"
    file.write_text('[sampling]\ninterval = "99s"\n\n[alerts]\nenabled = true\n')
    editor = SettingsEditor(file)
    assert editor.problem is not None
    editor.change("alerts", {"enabled": False})
    editor.change("sampling", {"interval": "9s"})
    assert editor.problem is None


def test_a_file_that_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "memtray.toml"
    file.write_text("[sampling\n")
    editor = SettingsEditor(file)
    assert "not valid TOML" in str(editor.problem)
    with pytest.raises(SettingsError, match="not valid TOML"):
        editor.change("alerts", {"enabled": False})
    assert file.read_text() == "[sampling\n"


def test_undo_does_not_take_back_what_others_did(tmp_path: Path) -> None:
    file = tmp_path / "memtray.toml"
    file.write_text(MINE)
    editor = SettingsEditor(file)
    editor.change("sampling", {"interval": "5s"})
    assert editor.can_undo
    file.write_text(file.read_text() + "# mine\n")
    with pytest.raises(SettingsError, match="changed elsewhere"):
        editor.undo()
    assert file.read_text().endswith("# mine\n")


def test_what_is_typed_is_what_the_file_says() -> None:
    fields = fields_of("hooks")
    assert typed_value(fields["command"], 'logger -t "two words"') == ["logger", "-t", "two words"]
    assert shown_text(["logger", "two words"]) == "logger 'two words'"
    assert typed_value(fields_of("alerts")["warning_percent"], " 70 ") == 70
    assert typed_value(fields_of("alerts")["warning_percent"], "70,5") == "70,5"
    assert typed_value(fields_of("targets")["limit"], "") is None
