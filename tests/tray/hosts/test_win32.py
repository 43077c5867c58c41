"""The icon on Windows: pystray's own backend and ours around it, on pretended calls of Windows."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from tests.tray.fake_windows import FakeWindows, windows_icon_class
from tests.tray.test_icon import STATE as MENU_STATE
from trayapp.domain.showing.menu import IconPicture, TrayState
from trayapp.tray.hosts import win32
from trayapp.tray.hosts.session import Backend
from trayapp.tray.icon import TrayIcon

UPDATES = 20_000
PICTURES = [IconPicture(heights=(height,) * 10, panel="dark") for height in range(0, 101, 10)]
STATE = replace(MENU_STATE, picture=PICTURES[0])
Start = Callable[..., tuple[TrayIcon, FakeWindows]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    ends: list[Callable[[], None]] = []

    def start_one(state: TrayState = STATE, dpi: int = 96) -> tuple[TrayIcon, FakeWindows]:
        windows = FakeWindows(dpi)
        loaded = windows_icon_class(windows, monkeypatch)
        icon_class = loaded.__enter__()
        backend = Backend(name="win32", icon_class=icon_class, visible=True, reason="")
        host = TrayIcon(backend, lambda _: None)
        host.show(state)
        thread = threading.Thread(target=host.run, daemon=True)
        thread.start()

        def end() -> None:
            host.stop()
            thread.join(10)
            assert not thread.is_alive()
            assert not windows.windows
            assert not windows.menus
            assert not windows.taskbar
            loaded.__exit__(None, None, None)

        ends.append(end)
        wait_until(lambda: windows.taskbar and windows.menus)
        return host, windows

    yield start_one
    for end in ends:
        end()


def shown(windows: FakeWindows) -> tuple[int, str]:
    """What the taskbar has of the one icon."""
    return next(iter(windows.taskbar.values()), (0, ""))


def count_descriptors() -> int:
    """Open files of this process, where the system tells; else 0."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.mark.parametrize(("dpi", "edge"), [(96, 16), (120, 20), (144, 24), (192, 32), (288, 48)])
def test_the_icon_has_the_pixels_of_the_taskbar(start: Start, dpi: int, edge: int) -> None:
    _, windows = start(dpi=dpi)
    wait_until(lambda: windows.sizes)
    assert set(windows.sizes) == {(edge, edge)}


def test_the_tooltip_is_cut_between_characters(start: Start) -> None:
    host, windows = start()
    host.show(replace(STATE, tooltip="x" + "😀" * 100))
    wait_until(lambda: shown(windows)[1].startswith("x😀"))
    tip = shown(windows)[1]
    assert tip == "x" + "😀" * (len(tip) - 1)
    assert len(tip.encode("utf-16-le")) // 2 <= 127


def test_it_comes_back_when_explorer_restarts(start: Start) -> None:
    _, windows = start()
    for _ in range(2):
        before = shown(windows)
        windows.restart_explorer()
        wait_until(lambda: windows.taskbar, what="icon in the new taskbar")
        assert shown(windows) == before
        assert len(windows.icons) == 1


def test_no_update_leaves_a_handle_or_touches_a_file(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The gate for updates and the patience for labels are for people; here all are to count.
    monkeypatch.setattr("trayapp.tray.icon._SHORTEST_SECONDS", 0.0)
    monkeypatch.setattr(win32.Toolkit, "label_seconds", 0.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    host, windows = start()
    descriptors = count_descriptors()
    for number in range(UPDATES):
        # In the thread of the caller: 20,000 posted messages would only queue up.
        host._state = replace(STATE, picture=PICTURES[number % len(PICTURES)])
        host._update()
    assert len(windows.sizes) >= UPDATES
    assert len(windows.icons) == 1
    assert len(windows.menus) == 2  # the menu and its one submenu
    assert windows.files_read == 0
    assert list(tmp_path.iterdir()) == []
    assert count_descriptors() <= descriptors


def test_where_windows_makes_no_icon_of_memory_a_file_does(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> int:
        return 0

    monkeypatch.setattr(FakeWindows, "do_CreateIconFromResourceEx", refuse)
    _, windows = start()
    assert windows.files_read >= 1
