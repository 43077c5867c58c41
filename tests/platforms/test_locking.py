"""One Memtray per user: also where files are removed under it; and what a killed one leaves."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.campaigns.faults import FaultyApplet
from tests.desktop.desktop import wait_until
from trayapp.applet.interruption import interruption_text
from trayapp.errors import AlreadyRunningError
from trayapp.platforms import current_platform
from trayapp.platforms.claimed_name import claimed_by
from trayapp.platforms.locking import LeftBehind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names of sockets are Linux's")

HOLDER = """
import sys
from pathlib import Path
from trayapp.platforms import current_platform
lock = current_platform().single_instance_lock(Path(sys.argv[1]))
print("held", flush=True)
for line in sys.stdin:
    lock.renew()
    print("renewed", flush=True)
lock.release()
"""


@contextmanager
def holder(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, and renews it for each line that it reads."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_a_lock_whose_folder_was_removed_is_still_held(tmp_path: Path) -> None:
    file = tmp_path / "run" / "memtray.lock"
    file.parent.mkdir()
    with holder(file) as process:
        shutil.rmtree(file.parent)
        file.parent.mkdir()
        with pytest.raises(AlreadyRunningError, match=f"process {process.pid}"):
            current_platform().single_instance_lock(file)
    current_platform().single_instance_lock(file).release()


def test_a_lock_file_that_was_removed_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "memtray.lock"
    with holder(file) as process:
        file.unlink()
        assert process.stdin is not None
        process.stdin.write("renew\n")
        process.stdin.flush()
        assert process.stdout is not None
        assert process.stdout.readline() == "renewed\n"
        assert int(file.read_text()) == process.pid
        with pytest.raises(AlreadyRunningError):
            current_platform().single_instance_lock(file)


def test_whose_name_it_is_can_be_asked_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "memtray.lock"
    with holder(file) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _each in range(3):
            assert {claimed_by(file) for _each in range(40)} == {process.pid}
            process.stdin.write("renew\n")
            process.stdin.flush()
            process.stdout.readline()
    assert claimed_by(file) is None


def test_other_files_are_other_locks(tmp_path: Path) -> None:
    locks = [
        current_platform().single_instance_lock(tmp_path / name) for name in ("one", "another")
    ]
    for lock in locks:
        lock.release()


def test_a_killed_run_is_known_to_the_next_and_one_that_ended_is_not(tmp_path: Path) -> None:
    file = tmp_path / "memtray.lock"
    with holder(file) as process:
        process.kill()
        process.wait()
    lock = current_platform().single_instance_lock(file)
    assert lock.left_behind is not None
    assert lock.left_behind.pid == process.pid
    lock.release()
    lock = current_platform().single_instance_lock(file)
    assert lock.left_behind is None
    lock.release()


def test_a_killed_run_is_known_though_the_one_after_it_could_write_nothing(tmp_path: Path) -> None:
    file = tmp_path / "memtray.lock"
    with holder(file) as process:
        process.kill()
        process.wait()
    # A disk that is full, or a kill between two calls.
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n" + HOLDER
    command = [sys.executable, "-c", limited, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == b"held\n"
        second.kill()
    lock = current_platform().single_instance_lock(file)
    assert lock.left_behind is not None
    assert lock.left_behind.pid == process.pid
    lock.release()
    # What was longer is cut only afterwards.
    file.write_bytes(b"123\n567\n")
    lock = current_platform().single_instance_lock(file)
    assert lock.left_behind is not None
    assert lock.left_behind.pid == 123
    lock.release()


def test_what_is_said_of_a_killed_run() -> None:
    now = time.time()
    text = interruption_text(LeftBehind(1, now - 30), now)
    assert text.startswith("Memtray quit unexpectedly: no samples for 30 s, starting ")
    assert interruption_text(None, now) == ""
    # The clock was set back; or the machine was switched off with it.
    assert interruption_text(LeftBehind(1, now + 3600), now) == ""
    assert interruption_text(LeftBehind(1, now - 6.9 * 86_400 - _uptime()), now) == ""


def _uptime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_running_applet_whose_home_is_removed_is_reached_again(tmp_path: Path) -> None:
    applet = FaultyApplet(tmp_path / "home")
    shutil.rmtree(applet.home / "run")
    assert applet.run("status").returncode == 0  # which waits for the socket
    shutil.rmtree(applet.home / "run")
    began = time.monotonic()
    wait_until(applet.ask, 15, what="answer")
    assert time.monotonic() - began < 10
    second = applet.run("start", "--headless")
    assert second.returncode != 0
    assert f"process {applet.process.pid}" in second.stderr
    assert applet.end() == 0


def test_the_next_start_says_once_that_the_last_was_killed(tmp_path: Path) -> None:
    log = tmp_path / "home" / "memtray.log"
    applet = FaultyApplet(tmp_path / "home")
    applet.process.kill()
    applet.end()
    for _each in range(2):
        assert FaultyApplet(tmp_path / "home").end() == 0
    assert log.read_text().count("quit unexpectedly") == 2  # in the log, and in its banner there


def test_who_is_ended_to_free_memory_comes_back_and_says_so(tmp_path: Path) -> None:
    """Earlyoom ends processes by SIGTERM, which an entry for login takes for a person's wish."""
    applet = FaultyApplet(tmp_path / "home")
    applet.inject("short")
    assert applet.wait(lambda seen: seen["samples"] == 999_999, 20)
    assert applet.end() == 143
    applet = FaultyApplet(tmp_path / "home")
    assert "quit unexpectedly" in (tmp_path / "home" / "memtray.log").read_text()
    assert applet.end() == 0


def test_children_are_not_protected(tmp_path: Path) -> None:
    from trayapp.platforms import protection

    applet = FaultyApplet(tmp_path / "home")
    status = applet.ask()
    assert status is not None
    assert isinstance(status["protection"], dict)
    scores = status["protection"]
    assert scores["score"] <= scores["score_before"]
    assert applet.end() == 0
    with subprocess.Popen(["sleep", "5"]) as child:
        protection._present = protection.Protection(100, 0, 0)
        protection.unprotect_child(child.pid)
        protection._present = protection.NO_PROTECTION
        assert Path(f"/proc/{child.pid}/oom_score_adj").read_text() == "100\n"


def test_windows_go_before_others_also_where_memtray_is_not_protected() -> None:
    from trayapp.platforms import protection

    with subprocess.Popen(["sleep", "5"]) as child:
        for score in (0, 200, 900):
            protection._present = protection.Protection(score, score, 0)
            protection.unprotect_child(child.pid, goes_first=True)
            found = Path(f"/proc/{child.pid}/oom_score_adj").read_text()
            assert int(found) == min(1000, score + 300)
        protection._present = protection.NO_PROTECTION
        child.kill()
        child.kill()
