"""Processes are asked to end only when it is certain which they are, and whose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import NOBODY
from tests.readers.children import running_python
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.platforms import current_platform
from trayapp.platforms.linux import LinuxPlatform
from trayapp.platforms.psutil_platform import PsutilPlatform
from trayapp.platforms.termination import RefusedError, terminate_by_psutil
from trayapp.readers.procfile import read_started

SLEEPING = "import time; print('up', flush=True); time.sleep(600)"
Terminate = Callable[[ProcessKey], None]


def key_by_procfs(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def key_by_psutil(pid: int) -> ProcessKey:
    return ProcessKey(pid, int(psutil.Process(pid).create_time() * 1_000_000))


WAYS = [
    pytest.param(
        lambda key: current_platform().terminate(key),
        key_by_procfs,
        id="pidfd",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="pidfds are Linux's"),
    ),
    pytest.param(terminate_by_psutil, key_by_psutil, id="psutil"),
]


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_a_process_is_asked_to_end(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with running_python(SLEEPING) as child:
        terminate(key_of(child.pid))
        assert child.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_who_has_the_pid_now_is_left_alone(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with running_python(SLEEPING) as child:
        key = key_of(child.pid)
        for started in (key.started - 1, key.started + 1, 0, -1):
            with pytest.raises(PlatformError, match="has already exited"):
                terminate(key._replace(started=started))
        assert child.poll() is None


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_what_has_ended_is_an_answer(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with running_python(SLEEPING) as child:
        key = key_of(child.pid)
    with pytest.raises(PlatformError, match=f"Process {key.pid} has already exited"):
        terminate(key)


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_neither_the_system_nor_memtray_itself_is_ended(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with pytest.raises(PlatformError, match="depends on it"):
        terminate(key_of(1))
    for pid in (0, -1, -os.getpgrp()):
        with pytest.raises(PlatformError, match="depends on it"):
            terminate(ProcessKey(pid, 1))
    with pytest.raises(PlatformError, match="Memtray itself"):
        terminate(key_of(os.getpid()))


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs another user")
@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_another_users_process_is_left_alone_even_by_a_superuser(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    sleeping = ["/bin/sleep", "600"]
    with subprocess.Popen(sleeping, user=NOBODY) as child:
        try:
            with pytest.raises(PlatformError, match="another user"):
                terminate(key_of(child.pid))
            assert child.poll() is None
        finally:
            child.kill()


DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
PLATFORMS = [
    pytest.param(
        lambda: LinuxPlatform(os.environ),
        key_by_procfs,
        id="linux",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and pidfds"),
    ),
    pytest.param(lambda: PsutilPlatform(os.environ), key_by_psutil, id="psutil"),
]
Make = Callable[[], LinuxPlatform | PsutilPlatform]
KeyOf = Callable[[int], ProcessKey]


@pytest.mark.parametrize(("make", "key_of"), PLATFORMS)
def test_who_does_not_listen_is_killed_when_that_is_wanted(make: Make, key_of: KeyOf) -> None:
    with running_python(DEAF) as child:
        platform, key = make(), key_of(child.pid)
        platform.terminate(key)
        assert platform.is_running(key)
        platform.terminate(key, force=True)
        assert child.wait(10) == -signal.SIGKILL
        assert not platform.is_running(key)


@pytest.mark.parametrize(("make", "key_of"), PLATFORMS)
def test_who_has_ended_does_not_run_even_before_its_parent_has_asked(
    make: Make, key_of: KeyOf
) -> None:
    with running_python(SLEEPING) as child:
        platform, key = make(), key_of(child.pid)
        assert platform.is_running(key)
        assert not platform.is_running(key._replace(started=key.started + 1))
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not platform.is_running(key)


@pytest.mark.skipif(sys.platform != "linux", reason="needs pidfds")
def test_who_is_stopped_hears_it_too() -> None:
    with running_python(SLEEPING) as child:
        os.kill(child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        LinuxPlatform(os.environ).terminate(key_by_procfs(child.pid))
        assert child.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize(("make", "key_of"), PLATFORMS)
def test_the_check_refuses_with_a_reason_and_sends_nothing(make: Make, key_of: KeyOf) -> None:
    platform = make()
    with running_python(SLEEPING) as child:
        key = key_of(child.pid)
        platform.check_may_be_ended(key)
        assert child.poll() is None
    for wrong, reason in (
        (key, "it has exited"),
        (key_of(1), "the whole system depends on it"),
        (key_of(os.getpid()), "that is Memtray itself; to quit it: memtray quit"),
    ):
        with pytest.raises(RefusedError) as refused:
            platform.check_may_be_ended(wrong)
        assert refused.value.reason == reason


@pytest.mark.parametrize(("make", "key_of"), PLATFORMS)
def test_the_folder_is_that_of_the_program(make: Make, key_of: KeyOf) -> None:
    with running_python(SLEEPING) as child:
        key = key_of(child.pid)
        assert make().program_folder(key) == Path(sys.executable).resolve().parent
        with pytest.raises(PlatformError, match="has already exited"):
            make().program_folder(key._replace(started=key.started + 1))
    with pytest.raises(PlatformError, match="has already exited"):
        make().program_folder(key)


def fake_systemctl(folder: Path, script: str) -> LinuxPlatform:
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return LinuxPlatform({"PATH": f"{folder}:/usr/bin:/bin"})


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_unit_is_restarted_by_this_users_systemd(tmp_path: Path) -> None:
    platform = fake_systemctl(tmp_path, f'printf "%s|" "$@" > {tmp_path}/said')
    platform.restart_unit("--help.service")
    assert (tmp_path / "said").read_text() == "--user|restart|--|--help.service|"


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_what_systemd_says_against_it_is_passed_on(tmp_path: Path) -> None:
    script = "echo 'Unit a.service not found.' >&2; echo more >&2; exit 5"
    with pytest.raises(PlatformError) as refused:
        fake_systemctl(tmp_path, script).restart_unit("a.service")
    assert str(refused.value) == "a.service was not restarted: Unit a.service not found."
    with pytest.raises(PlatformError, match="systemctl is not installed"):
        LinuxPlatform({"PATH": str(tmp_path / "none")}).restart_unit("a.service")
