"""What starts Memtray later: the one file that it came in, where it came in one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trayapp.applet import children


def test_an_installed_memtray_is_started_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEMTRAY_FILE", raising=False)
    assert children.lasting_command() == [sys.executable, "-m", "trayapp"]


def test_one_file_is_started_itself_and_its_windows_from_what_it_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "memtray.pyz"
    file.touch()
    (tmp_path / "__main__.py").touch()
    monkeypatch.setenv("MEMTRAY_FILE", str(file))
    monkeypatch.setattr(children, "package_parent", lambda: tmp_path)
    assert children.lasting_command() == [sys.executable, str(file)]
    assert children.memtray_command() == [sys.executable, str(tmp_path)]
    file.unlink()
    assert children.lasting_command() == [sys.executable, str(tmp_path)]
