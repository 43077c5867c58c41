"""The memory logs of targets go where the settings say, whatever they say."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from trayapp.applet.target_logs import TargetLogs
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import AppSample, ProcessKey, SystemSample
from trayapp.settings.records import LogSettings


@pytest.mark.parametrize(
    ("folder", "can_be"),
    [("logs", True), ("~nobody-has-this-name/logs", True), ("file/logs", False), ("a\0b", False)],
)
def test_an_odd_folder_is_used_or_reported_and_never_raised(
    tmp_path: Path, folder: str, can_be: bool
) -> None:
    (tmp_path / "file").touch()
    settings = LogSettings(enabled=True, folder=folder)
    problems: list[str] = []
    logs = TargetLogs(lambda: settings, tmp_path, problems.append)

    logs.tick(view_of("a/../b"))

    assert len(problems) == (0 if can_be else 1)
    assert len(list(tmp_path.rglob("memory_*.log"))) == (1 if can_be else 0)


def view_of(name: str) -> View:
    return View(
        wall_seconds=time.time(),
        system=SystemSample(total_bytes=8, available_bytes=4),
        system_bars=(),
        system_level=Level.NORMAL,
        app=AppSample(pid=1),
        app_bars=(),
        targets=(TargetView(name=name, pids=(7,), keys=(ProcessKey(7, 1),)),),
    )
