"""The connection to the session bus: why there is none, and that nothing waits without end."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from trayapp.platforms.bus_places import other_addresses
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
        with pytest.raises(ConnectionError, match="does not respond"):
            SessionBus({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_where_dbus_launch_noted_a_bus_it_is_looked_for(tmp_path: Path) -> None:
    """The note is of this machine and of this screen."""
    machine = subprocess.check_output(("dbus-uuidgen", "--get"), text=True).strip()
    noted = tmp_path / ".dbus" / "session-bus" / f"{machine}-7"
    noted.parent.mkdir(parents=True)
    noted.write_text(
        "# written by dbus-launch\n"
        "DBUS_SESSION_BUS_ADDRESS='unix:abstract=/tmp/dbus-x,guid=1'\nDBUS_SESSION_BUS_PID=1\n"
    )
    env = {"HOME": str(tmp_path), "DISPLAY": "localhost:7.0"}
    assert list(other_addresses(env)) == ["unix:abstract=/tmp/dbus-x,guid=1"]
    assert list(other_addresses(env | {"DISPLAY": ":8"})) == []
    noted.write_bytes(b"\xff\n")
    assert list(other_addresses(env)) == []


def test_what_systemd_starts_is_written_as_an_address(tmp_path: Path) -> None:
    folder = tmp_path / "a b,c=é"
    folder.mkdir()
    (folder / "bus").touch()
    (address,) = other_addresses({"XDG_RUNTIME_DIR": str(folder)})
    assert address == f"unix:path={tmp_path}/a%20b%2cc%3d%c3%a9/bus"


def test_programs_on_the_same_screen_know_the_bus_those_on_others_do_not() -> None:
    """Read from real processes; what is known already is no news."""
    screen = f":{os.getpid()}"

    def told(address: str, on: str) -> subprocess.Popen[bytes]:
        env = {"PATH": os.environ["PATH"], "DISPLAY": on, "DBUS_SESSION_BUS_ADDRESS": address}
        return subprocess.Popen(("sleep", "60"), env=env)

    programs = [
        told("unix:path=/known", screen),
        told("unix:path=/new", f"{screen}.0"),
        told("unix:path=/elsewhere", f"{screen}1"),
    ]
    env = {"DISPLAY": screen, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/known"}
    try:
        wait_until(lambda: list(other_addresses(env)) == ["unix:path=/new"])
        assert list(other_addresses({})) == []
    finally:
        for program in programs:
            program.terminate()
            program.wait()
