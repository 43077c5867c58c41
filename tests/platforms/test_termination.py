"""Processes are asked to end only when it is certain which they are, and whose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from tests.conftest import NOBODY
from tests.readers.children import running_python
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.platforms import current_platform
from trayapp.platforms.termination import terminate_by_psutil
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
            with pytest.raises(PlatformError, match="has ended already"):
                terminate(key._replace(started=started))
        assert child.poll() is None


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_what_has_ended_is_an_answer(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with running_python(SLEEPING) as child:
        key = key_of(child.pid)
    with pytest.raises(PlatformError, match=f"Process {key.pid} has ended already"):
        terminate(key)


@pytest.mark.parametrize(("terminate", "key_of"), WAYS)
def test_neither_the_system_nor_memtray_itself_is_ended(
    terminate: Terminate, key_of: Callable[[int], ProcessKey]
) -> None:
    with pytest.raises(PlatformError, match="hangs on it"):
        terminate(key_of(1))
    for pid in (0, -1, -os.getpgrp()):
        with pytest.raises(PlatformError, match="hangs on it"):
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
