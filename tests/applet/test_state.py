"""Snoozes and switches: what outlives a restart."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from trayapp.applet.state import (
    Switches,
    TrayMemory,
    load_incidents,
    load_memory,
    load_oom_mark,
    load_switches,
    load_tray_memory,
    save_incidents,
    save_switches,
    save_tray_memory,
)
from trayapp.domain.judging.alerting import Incident, Memory, News
from trayapp.domain.judging.repeats import Telling
from trayapp.domain.records.levels import Level
from trayapp.domain.records.oom_kills import OomMark

KEPT = Switches(
    off=False, all_until_wall_seconds=2_000.0, subject_until_wall_seconds={"app": 3_000.0}
)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    save_switches(tmp_path / "state.json", KEPT)
    assert load_switches(tmp_path / "state.json") == KEPT
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"off": 1, "all_until": "x", "subject_until": []}',
        '{"all_until": NaN}',
        '{"all_until": ' + "9" * 400 + "}",
        '{"all_until": 1e300, "subject_until": {"a": ' + "9" * 5000 + "}}",
        "[" * 100_000,
        '{"off":' * 100_000,
    ],
)
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    assert load_switches(file) == Switches()


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_switches(tmp_path / "state.json") == Switches()


def test_snoozes_that_are_over_are_dropped() -> None:
    assert KEPT.without_past(2_500.0) == Switches(
        off=False, subject_until_wall_seconds={"app": 3_000.0}
    )


def test_snoozes_of_an_earlier_version_went_by_names(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text('{"subject_until": {"app": 1, "leak:app": 2, "system": 3, "pressure": 4}}')
    kept = load_switches(file).subject_until_wall_seconds
    assert kept == {"target:app": 1, "leak:app": 2, "system": 3, "pressure": 4}


def test_what_was_told_is_older_when_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "incidents.json"
    news = News(
        about="target:a", kind="proof", key="leak:a", at=5.0, level=Level.WARNING, value=None
    )
    told = Memory(banners=(Telling("leak:a", Level.WARNING, 5.0, 2),), news=(news,))
    save_incidents(file, [INCIDENT], 1000.0, told, OomMark("boot", 7, 990.0))
    assert load_memory(file, 1060.0) == Memory(
        banners=(Telling("leak:a", Level.WARNING, 65.0, 2),), news=(replace(news, at=65.0),)
    )
    assert load_oom_mark(file, 1060.0) == OomMark("boot", 7, 990.0)
    assert load_oom_mark(file, 2 * 86_400.0) is None
    assert load_incidents(file, 1060.0) == (INCIDENT,)
    file.write_text('{"wall_seconds": 1000, "told": {"banners": [["a"]]}, "oom": [1]}')
    assert load_memory(file, 1060.0) == Memory()
    assert load_oom_mark(file, 1060.0) is None


def test_the_menu_overrules_the_settings_until_they_change() -> None:
    assert Switches().quiet(enabled_by_settings=False).off
    assert not Switches(off=False).quiet(enabled_by_settings=False).off
    assert Switches(off=True).quiet(enabled_by_settings=True).off


def test_a_snooze_of_everything_switches_alerts_on_until_it_ends() -> None:
    quiet = Switches(off=True).snoozed(None, 5_000.0).quiet(enabled_by_settings=True)
    assert not quiet.off
    assert quiet.reason("anything", 4_999.0) == "alerts are snoozed"
    assert quiet.reason("anything", 5_001.0) is None


INCIDENT = Incident(
    key="limit:app\n\udcff",
    subject="app\n\udcff",
    level=Level.CRITICAL,
    title="app is near its limit",
    body="90 MiB of 100 MiB.",
    since_wall_seconds=900.0,
    notified_level=Level.WARNING,
    value=0.9,
    notified_value=0.8,
    acknowledged=True,
)


def test_open_incidents_outlive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "incidents.json"
    save_incidents(file, [INCIDENT], 1000.0)
    assert load_incidents(file, 1060.0) == (INCIDENT,)
    assert [each.name for each in tmp_path.iterdir()] == ["incidents.json"]


def test_what_is_kept_is_for_this_user_only(tmp_path: Path) -> None:
    """Titles of incidents name the person's programs; a home may be open to all."""
    file = tmp_path / "incidents.json"
    file.with_name("incidents.json.new").touch(0o644)
    for _each in range(2):
        save_incidents(file, (), 1000.0)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("now", [1000.0 + 2 * 86_400, 500.0])
def test_incidents_of_another_day_are_forgotten(tmp_path: Path, now: float) -> None:
    save_incidents(tmp_path / "incidents.json", [INCIDENT], 1000.0)
    assert load_incidents(tmp_path / "incidents.json", now) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"wall_seconds": 1000}',
        '{"wall_seconds": "x", "incidents": []}',
        '{"wall_seconds": 1000, "incidents": [{"key": 5}]}',
        '{"wall_seconds": 1000, "incidents": [{"key": "a", "subject": "a", "title": "", "body": "",'
        ' "level": 77}]}',
        '{"wall_seconds": ' + "9" * 400 + ', "incidents": []}',
        '{"wall_seconds": 1000, "incidents": [{"key": "a", "subject": "a", "title": "", "body": "",'
        ' "level": 1, "notified_level": 1, "since_wall_seconds": 1e300}]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_holds_no_incidents(tmp_path: Path, text: str) -> None:
    file = tmp_path / "incidents.json"
    file.write_text(text)
    assert load_incidents(file, 1000.0) == ()
    assert load_memory(file, 1000.0) == Memory()
    assert load_oom_mark(file, 1000.0) is None


def test_what_the_wheel_chose_lasts_until_the_settings_say_something_else(tmp_path: Path) -> None:
    memory = TrayMemory(shows="web", instead_of="system", told=frozenset({"icon seen"}))
    save_tray_memory(tmp_path / "tray.json", memory)
    kept = load_tray_memory(tmp_path / "tray.json")
    assert kept == memory
    assert kept.shown("system") == "web"
    assert kept.shown("memtray") == "memtray"
    assert TrayMemory().shown("memtray") == "memtray"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"shows": 1, "instead_of": 2, "told": 3}'])
def test_a_damaged_memory_of_the_tray_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tray.json"
    file.write_text(text)
    assert load_tray_memory(file) == TrayMemory()
    assert load_tray_memory(tmp_path / "missing.json") == TrayMemory()
