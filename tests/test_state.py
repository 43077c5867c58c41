"""Snoozes and switches: what outlives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.state import Switches, load_switches, save_switches

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


def test_the_menu_overrules_the_settings_until_they_change() -> None:
    assert Switches().quiet(enabled_by_settings=False).off
    assert not Switches(off=False).quiet(enabled_by_settings=False).off
    assert Switches(off=True).quiet(enabled_by_settings=True).off


def test_a_snooze_of_everything_switches_alerts_on_until_it_ends() -> None:
    quiet = Switches(off=True).snoozed(None, 5_000.0).quiet(enabled_by_settings=True)
    assert not quiet.off
    assert quiet.reason("anything", 4_999.0) == "alerts are snoozed"
    assert quiet.reason("anything", 5_001.0) is None
