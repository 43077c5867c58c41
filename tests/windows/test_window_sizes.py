"""Sizes of windows: kept, forgotten, and nothing but a size is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.windows.window_sizes import forget_sizes, load_size, save_size


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
