"""Where a window was, in a file that anybody may have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.windows.kept_places import forget_place, load_place, save_place


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
