"""The connection to the session bus: why there is none, and that nothing waits without end."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from trayapp.platforms.session_bus import SessionBus


def test_no_bus_is_said_in_one_line(tmp_path: Path) -> None:
    for env in (
        {},
        {"XDG_RUNTIME_DIR": str(tmp_path)},
        {"DBUS_SESSION_BUS_ADDRESS": "nonsense"},
        {"DBUS_SESSION_BUS_ADDRESS": "tcp:host=localhost"},
        {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'no-such'}"},
    ):
        with pytest.raises(ConnectionError) as caught:
            SessionBus(env)
        assert "\n" not in str(caught.value)


def test_a_mute_bus_holds_nobody(tmp_path: Path) -> None:
    """Something listens there and never says a word."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "bus"))
        mute.listen()
        with pytest.raises(ConnectionError, match="does not answer"):
            SessionBus({"XDG_RUNTIME_DIR": str(tmp_path)})
