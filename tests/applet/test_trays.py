"""The tray of a session: one that fails is tried again, and the terminal stands in for it."""

from __future__ import annotations

import io
import os
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from trayapp.applet import trays as trays_module
from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor
from trayapp.applet.switches import SwitchBoard
from trayapp.applet.terminal import LiveLines
from trayapp.applet.trays import Trays
from trayapp.domain.judging.view import Controls
from trayapp.paths import find_paths
from trayapp.platforms import current_platform
from trayapp.settings.file import SettingsFile
from trayapp.tray.hosts.session import Backend
from trayapp.tray.pystray_safe import Icon


class Brittle(Icon):  # type: ignore[misc]  # pystray ships no types
    """An icon whose loop fails at once, twice, and runs then."""

    failures = 2
    stopped = threading.Event()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.attention = False
        self.label = ""

    def run(self, setup: Any = None) -> None:
        if Brittle.failures:
            Brittle.failures -= 1
            raise MemoryError("on purpose")
        setup(self)
        Brittle.stopped.wait()

    def stop(self) -> None:
        Brittle.stopped.set()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_a_tray_that_fails_is_told_and_tried_again(
    tmp_path: Path, out: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trays_module, "_FIRST_RETRY_SECONDS", 0.05)
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    paths = find_paths(os.environ)
    paths.create()
    settings = SettingsFile(paths.settings_file)
    sampler = Sampler(settings, paths.history_file, 0, lambda _: None)
    platform, supervisor, live = current_platform(), Supervisor(), LiveLines(out)
    trays = Trays(
        sampler,
        SwitchBoard(paths, settings, sampler, platform, on_change=lambda: None),
        live,
        out,
        headless=False,
        platform=platform,
        controls=Controls,
        on_menu=lambda _: None,
        open_popup=lambda: None,
        counting=nullcontext,
        notify=lambda _: None,
        supervisor=supervisor,
    )
    backend = Backend(name="sni", icon_class=Brittle, visible=True, reason="for a test")
    thread = threading.Thread(target=trays.run, args=(backend,), daemon=True)
    thread.start()
    wait_until(lambda: not Brittle.failures and trays.has_icon, what="icon")
    assert "tray icon" in supervisor.problems[0]
    assert out.getvalue().count("Running in the terminal") == 1
    trays.stop()
    thread.join(5)
    assert not thread.is_alive()
