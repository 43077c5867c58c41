"""What windows start beyond Memtray."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from trayapp.cli.desktop_actions import DesktopActions


@pytest.mark.skipif(sys.platform != "linux", reason="an opener that can be replaced")
def test_the_manual_that_came_with_memtray_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {opened}.new && mv {opened}.new {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    DesktopActions().open_manual()
    deadline = time.monotonic() + 60
    while not opened.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    page = Path(opened.read_text())
    assert page.read_text().startswith("# ")
    assert "(icon.md)" in page.read_text()
