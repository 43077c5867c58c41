"""What follows from memory pressure in a program: its own, the machine's, and by systemd's word."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from trayapp.probe import on_alert, on_pressure, pressure_levels
from trayapp.probe.alerts import hear
from trayapp.probe.pressure import LEVEL_BYTES, LEVELS, Pressure, _Wish
from trayapp.probe.system_notice import open_system_notice

MB = 1_000_000


class Machine:
    """A program of any size on a machine with any memory, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.size_bytes: int | None = 10 * MB
        self.available: float | None = 0.5
        self.now = 0.0
        self.done: list[str] = []
        self.collection_seconds = 0.0

    def collect(self) -> None:
        self.done.append("collect")
        self.now += self.collection_seconds

    def relieve(self) -> None:
        self.done.append("relieve")

    def trim(self) -> None:
        self.done.append("trim")

    def pressure(self) -> Pressure:
        pressure = Pressure(
            lambda: self.size_bytes,
            lambda: self.available,
            lambda: self.now,
            self.relieve,
            self.collect,
        )
        pressure.trims.append(self.trim)
        for at, level in enumerate(LEVELS):
            pressure.wishes.append(_Wish(at, self.wish(level)))
        return pressure

    def wish(self, level: str) -> Callable[[str], None]:
        def note(now: str) -> None:
            self.done.append(f"{level}:{now}")

        return note

    def look(self, pressure: Pressure, size: float, seconds: float = 1.0) -> list[str]:
        self.now += seconds
        self.size_bytes, self.done = int(size * MB), []
        pressure.look()
        return self.done


def test_each_level_is_told_once_when_it_is_reached() -> None:
    machine = Machine()
    pressure = machine.pressure()
    assert machine.look(pressure, 10) == []
    assert machine.look(pressure, 49) == ["collect"]  # it has jumped
    assert machine.look(pressure, 51) == ["low:low"]
    assert machine.look(pressure, 49) == []
    assert machine.look(pressure, 51) == []  # it goes to and fro
    assert machine.look(pressure, 40) == []
    assert machine.look(pressure, 600) == [
        "collect", "low:high", "medium:high", "high:high",
    ]  # fmt: skip
    assert machine.look(pressure, 1001) == ["critical:critical"]


def test_a_machine_that_is_short_of_memory_counts_as_well() -> None:
    machine = Machine()
    pressure = machine.pressure()
    machine.available = 0.04
    assert "high:high" in machine.look(pressure, 20)
    machine.available = None
    machine.size_bytes = None
    pressure.look()
    assert pressure.level == -1


def test_garbage_is_collected_every_five_seconds_at_most_and_only_if_it_grows() -> None:
    machine = Machine()
    pressure = machine.pressure()
    grown = [machine.look(pressure, 250 + 2 * second).count("collect") for second in range(20)]
    assert sum(grown) == 4
    looks = [machine.look(pressure, 288) for _ in range(20)]
    assert [done for look in looks for done in look] == ["collect"]
    machine.collection_seconds = 2.0
    grown = [machine.look(pressure, 300 + 2 * second).count("collect") for second in range(30)]
    assert sum(grown) == 1  # 5% of its time at most


def test_containers_are_trimmed_every_ten_seconds_while_it_is_high() -> None:
    machine = Machine()
    pressure = machine.pressure()
    looks = [machine.look(pressure, 600) for _ in range(40)]
    assert sum(each.count("trim") for each in looks) == 4
    assert "trim" not in [done for _ in range(40) for done in machine.look(pressure, 400)]


def test_a_run_after_pressure_collects_and_trims_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEMTRAY_COLLECT_SECONDS", "2")
    monkeypatch.setenv("MEMTRAY_TRIM_SECONDS", "5")
    machine = Machine()
    pressure = machine.pressure()
    looks = [machine.look(pressure, 20 + 2 * second) for second in range(10)]
    assert sum(each.count("collect") for each in looks) == 5  # small as it is
    looks = [machine.look(pressure, 600) for _ in range(20)]
    assert sum(each.count("trim") for each in looks) == 4


def test_levels_can_be_set_in_their_order() -> None:
    assert not pressure_levels(low_bytes=10**12)
    assert not pressure_levels(low_bytes=-1)
    try:
        assert pressure_levels(high_bytes=600 * MB, critical_bytes=700 * MB)
    finally:
        levels = dict(zip(("low", "medium", "high", "critical"), LEVEL_BYTES, strict=True))
        assert pressure_levels(**{f"{name}_bytes": size for name, size in levels.items()})
    assert not on_pressure("enormous", print)


def test_whoever_listens_hears_of_alerts_of_its_level() -> None:
    heard: list[object] = []

    def fail(_: object) -> None:
        raise RuntimeError

    assert on_alert("critical", lambda alert: heard.append(alert["title"]))
    assert on_alert("warning", fail)
    assert not on_alert("whatever", print)
    assert hear({"level": "warning", "title": "a"})["called"] == 1
    assert hear({"level": "emergency", "title": "b" * 5000, "phase": 7})["called"] == 2
    assert hear({"level": ["odd"]})["called"] == 0
    assert heard == ["b" * 1000]


def test_a_pipe_and_a_socket_of_systemds_are_heard(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    notice = open_system_notice({"MEMORY_PRESSURE_WATCH": str(pipe)})
    assert notice is not None
    assert not notice.wait(0.01)
    with pipe.open("wb") as other:
        other.write(b"x")
    assert notice.wait(60)
    assert not notice.wait(0.01)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        notice = open_system_notice(
            {
                "MEMORY_PRESSURE_WATCH": str(tmp_path / "s"),
                "MEMORY_PRESSURE_WRITE": b64encode(b"hello").decode(),
            }
        )
        assert notice is not None
        other_end, _ = server.accept()
        with other_end:
            assert other_end.recv(10) == b"hello"
            other_end.send(b"!")
            assert notice.wait(60)
        assert not notice.wait(60)  # it is gone, which is no notice


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"MEMORY_PRESSURE_WATCH": "/dev/null"},
        {"MEMORY_PRESSURE_WATCH": "/no/such/file"},
        {"MEMORY_PRESSURE_WATCH": "relative"},
        {"MEMORY_PRESSURE_WATCH": "/proc/pressure/memory", "MEMORY_PRESSURE_WRITE": "§"},
        {"MEMORY_PRESSURE_WATCH": "\0/"},
    ],
)
def test_what_is_no_notice_is_none(variables: dict[str, str]) -> None:
    assert open_system_notice(variables) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_caches_are_emptied_at_systemds_word_where_no_applet_runs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = """
import os, sys, threading, trayapp.probe
emptied = threading.Event()
trayapp.probe.register_cache("cache", emptied.set)
trayapp.probe.start()
with open(os.environ["MEMORY_PRESSURE_WATCH"], "wb") as pipe:
    pipe.write(b"x")
print(emptied.wait(60))
"""
    told = subprocess.check_output(
        [sys.executable, "-c", code],
        text=True,
        timeout=120,
        env={
            **os.environ,
            "MEMTRAY_HOME": str(tmp_path),
            "MEMORY_PRESSURE_WATCH": str(pipe),
        },
    )
    assert told == "True\n"
