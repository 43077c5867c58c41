"""Places and sizes of windows: kept, forgotten, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.windows.geometry import (
    forget_place,
    forget_sizes,
    load_place,
    load_size,
    save_place,
    save_size,
)


def test_a_place_is_remembered_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "windows" / "compact.json"
    assert load_place(file) is None
    save_place(file, -40, 300)
    assert load_place(file) == (-40, 300)
    assert [each.name for each in file.parent.iterdir()] == ["compact.json"]
    forget_place(file)
    forget_place(file)
    assert load_place(file) is None


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "null", "{", '{"left": 1}', '{"left": 1, "top": true}', '{"left": 1.5, "top": 2}',
        '{"left": 1, "top": 99999999999}', '{"left": "1", "top": 2}', "[" * 100_000, "\xff",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_no_place(tmp_path: Path, content: str) -> None:
    file = tmp_path / "compact.json"
    file.write_bytes(content.encode("latin-1"))
    assert load_place(file) is None


def test_where_nothing_can_be_written_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "windows").write_text("in the way")
    save_place(tmp_path / "windows" / "compact.json", 1, 2)
    assert (tmp_path / "windows").read_text() == "in the way"


def test_a_size_is_kept_and_forgotten_and_places_stay(tmp_path: Path) -> None:
    folder = tmp_path / "windows"
    assert load_size(folder, "table") is None
    save_size(folder, "table", 900, 500)
    save_size(folder, "settings", 800, 600)
    (folder / "compact.json").write_text("{}")
    assert load_size(folder, "table") == (900, 500)
    forget_sizes(folder)
    assert load_size(folder, "table") is load_size(folder, "settings") is None
    assert [file.name for file in folder.iterdir()] == ["compact.json"]
    forget_sizes(tmp_path / "missing")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"width": 5, "height": 500}', '{"width": 1e3, "height": 500}', "[" * 5000,
     '{"width": true, "height": 500}', '{"width": 99999, "height": 500}', '{"width": 900}'],
)  # fmt: skip
def test_what_makes_no_sense_is_no_size(tmp_path: Path, text: str) -> None:
    (tmp_path / "table-size.json").write_text(text)
    assert load_size(tmp_path, "table") is None
