"""The folder in which a save dialog opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.windows.geometry import save_values
from trayapp.windows.save_dialog import last_folder


def test_it_is_the_one_of_the_last_time(tmp_path: Path) -> None:
    kept = tmp_path / "save.json"
    save_values(kept, {"folder": str(tmp_path)})
    assert last_folder(kept) == tmp_path


@pytest.mark.parametrize("folder", ["", "relative", "/no/such/folder", "a\0b", "/a\0b", 7, None])
def test_where_that_is_gone_or_nonsense_it_is_the_home(tmp_path: Path, folder: object) -> None:
    kept = tmp_path / "save.json"
    assert last_folder(kept) == Path.home()
    save_values(kept, {"folder": folder})
    assert last_folder(kept) == Path.home()
