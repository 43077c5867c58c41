"""Notifications on a machine that has no session bus, or has one only later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trayapp.delivery.banner import Banner
from trayapp.delivery.sinks.session_bus import AwaitedBus
from trayapp.domain.records.levels import Level

BANNER = Banner("key", "Title", "Body", Level.WARNING)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux's")


def test_without_a_bus_it_says_so(tmp_path: Path) -> None:
    sink = AwaitedBus(env={"HOME": str(tmp_path)})
    assert (sink.status, sink.is_ready) == ("notifications not started yet", False)
    sink.prepare()
    reason = "no notifications: no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)"
    assert (sink.status, sink.is_ready, sink.fileno()) == (reason, False, None)
    result = sink.send(BANNER)
    assert (result.delivered, result.reason) == (False, reason)
    sink.withdraw("key")
    sink.finish(BANNER)
    assert sink.take_events() == []
    sink.close()
    assert sink.status == "notifications stopped"


def test_a_bus_that_comes_later_is_used(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    sink = AwaitedBus(env=env)
    assert not sink.send(BANNER).delivered
    (tmp_path / "bus").touch()
    result = sink.send(BANNER)
    assert not result.delivered
    assert result.reason == sink.status
    assert "the D-Bus session bus cannot be reached" in sink.status


def test_nothing_that_speaks_d_bus_is_loaded_before_there_is_a_bus(tmp_path: Path) -> None:
    code = (
        "import sys; from trayapp.delivery.sinks import Surroundings, open_sinks\n"
        "(sink,) = open_sinks('desktop', Surroundings()); sink.prepare()\n"
        "print(sink.status); print('jeepney' in sys.modules)"
    )
    env = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert run.stdout.splitlines() == [
        "no notifications: no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)",
        "False",
    ]
