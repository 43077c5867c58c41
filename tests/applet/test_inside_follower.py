"""Reports of real programs, and of probes that lie, hang or flood, on their way to the view."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.applet.test_task_follower import own_key, view_of
from tests.cli.test_main import REPOSITORY, Memtray
from tests.control.serving import serving
from tests.desktop.desktop import wait_until
from tests.probe.inside_programs import LIVE_TUPLES, SPREAD_STRINGS, SPREAD_TUPLES, program
from tests.probe.test_probe import key_of
from tests.readers.children import eventually, stop
from trayapp.applet.inside_follower import InsideFollower
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.domain.judging.view import View

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def look(follower: InsideFollower, view: View) -> None:
    """One whole look of a follower whose time has always come."""
    follower.tick(view)
    eventually(lambda: not follower.is_asking)


@contextlib.contextmanager
def answering(runtime: Path, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """A probe of this process that speaks no protocol."""
    path = runtime / f"{endpoint_name(PROBE, *own_key())}.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(60)


def test_the_report_of_a_real_program_is_read_and_forgotten_with_it(tmp_path: Path) -> None:
    follower = InsideFollower(tmp_path, period_seconds=0.0)
    with program(tmp_path, LIVE_TUPLES) as process:
        view = view_of(web=key_of(process.pid))
        look(follower, view)
        (inside,) = follower.reports.values()
        assert inside.composition is not None
        assert inside.composition.live_bytes > 20_000_000
    look(follower, view_of())
    look(follower, view_of(web=own_key()))
    assert follower.reports == {}


def send(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def never(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.mark.parametrize(
    "answer",
    [send(b"\xff\x00 what?\n"), send(b"x" * 10_000_000 + b"\n"), send(b""), never],
    ids=["garbage", "ten megabytes", "nothing", "never"],
)
def test_a_probe_that_answers_nonsense_is_named_once_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Callable[[socket.socket], None]
) -> None:
    follower = InsideFollower(tmp_path, period_seconds=0.0)
    with (
        caplog.at_level(logging.WARNING),
        answering(tmp_path, answer),
        program(tmp_path, LIVE_TUPLES) as process,
    ):
        view = view_of(odd=own_key(), web=key_of(process.pid))
        look(follower, view)
        look(follower, view)
        assert set(follower.reports) == {key_of(process.pid)}
    (record,) = caplog.records
    assert str(os.getpid()) in record.getMessage()
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 400


def test_answers_for_another_process_or_with_odd_figures_do_no_harm(tmp_path: Path) -> None:
    follower = InsideFollower(tmp_path, period_seconds=0.0)
    answers: list[Mapping[str, object]] = [
        {"pid": 1, "rss_bytes": 5},
        {"pid": os.getpid(), "rss_bytes": -1, "heap": {"arena_bytes": 10**400}, "caches": {}},
        {"pid": os.getpid(), "heap": [], "collector": "x", "components": [{"name": None}]},
    ]
    left = iter(answers)
    with serving(tmp_path, {"report": lambda _: next(left)}, name=endpoint_name(PROBE, *own_key())):
        look(follower, view_of(web=own_key()))
        assert follower.reports == {}
        for _ in answers[1:]:
            look(follower, view_of(web=own_key()))
            assert follower.reports[own_key()].composition is None


def test_the_heap_of_another_runtime_is_not_taken_for_pythons(tmp_path: Path) -> None:
    follower = InsideFollower(tmp_path, period_seconds=0.0)
    told = {"pid": os.getpid(), "runtime": "node", "heap": {"live_bytes": 5}}
    with serving(tmp_path, {"report": lambda _: told}, name=endpoint_name(PROBE, *own_key())):
        look(follower, view_of(web=own_key()))
    assert follower.reports == {}


def test_a_program_that_hangs_keeps_nobody_else_from_being_asked(tmp_path: Path) -> None:
    follower = InsideFollower(tmp_path, period_seconds=0.0)
    with program(tmp_path, "") as stuck, program(tmp_path, "") as fine:
        stop(stuck)
        view = view_of(stuck=key_of(stuck.pid), fine=key_of(fine.pid))
        began = time.monotonic()
        follower.tick(view)
        assert follower.is_asking or time.monotonic() - began < 60
        eventually(lambda: not follower.is_asking)
        assert set(follower.reports) == {key_of(fine.pid)}


SETTINGS = "".join(
    f"""
[[targets]]
name = "{name}"
match = "{name}_program"
"""
    for name in ("strings", "tuples", "alive")
)
SCRIPT = """
import trayapp.probe
assert trayapp.probe.start()
{code}
print("ready", flush=True)
input()
"""


def test_status_says_why_each_program_is_large(tmp_path: Path) -> None:
    """Real programs that look the same from outside, in a real Memtray."""
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    codes = {"strings": SPREAD_STRINGS, "tuples": SPREAD_TUPLES, "alive": LIVE_TUPLES}
    environment = memtray.env | {"PYTHONPATH": str(REPOSITORY)}

    def verdicts() -> dict[str, str | None]:
        targets = memtray.json("status")["targets"]
        return {each["name"]: (each["inside"] or {}).get("verdict") for each in targets}

    with ExitStack() as started:
        for name, code in codes.items():
            file = tmp_path / f"{name}_program.py"
            file.write_text(SCRIPT.format(code=code))
            process = started.enter_context(
                subprocess.Popen(
                    [sys.executable, str(file)],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            started.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
        applet = memtray.start("start", "--headless")
        started.callback(applet.communicate, timeout=60)
        started.callback(applet.terminate)
        expected = {"strings": "retained", "tuples": "pinned", "alive": "live"}
        wait_until(lambda: verdicts() == expected, what="verdicts")
        text = memtray.run("status").stdout

    assert "freeing memory gives back about" in text
    assert "only a restart" in text
