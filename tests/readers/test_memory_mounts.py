"""File systems in memory, and the malloc arenas of a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from trayapp.readers.malloc_arenas import count_arenas
from trayapp.readers.memory_mounts import read_mounts

THREADS = """
import ctypes, sys, threading
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
told = threading.Barrier(int(sys.argv[1]) + 1)
def allocate():
    library.malloc(ctypes.c_size_t(5000))
    told.wait()
    sys.stdin.read()
for _ in range(int(sys.argv[1])):
    threading.Thread(target=allocate, daemon=True).start()
told.wait()
print("ready", flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_every_mount_is_there_once_and_fits() -> None:
    mounts = read_mounts()
    assert len({mount.path for mount in mounts}) == len(mounts)
    for mount in mounts:
        facts = os.statvfs(mount.path)
        assert mount.total_bytes == facts.f_blocks * facts.f_frsize
        assert mount.used_bytes >= 0


@pytest.fixture
def threads() -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", THREADS, "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"MALLOC_ARENA_MAX": "16"},
    )
    assert child.stdout and child.stdout.readline() == "ready\n"
    yield child
    child.kill()
    child.communicate()


def test_threads_that_allocate_have_arenas_of_their_own(threads: subprocess.Popen[str]) -> None:
    count = count_arenas(threads.pid)
    assert count is not None
    assert 2 <= count <= 6


def test_a_process_that_has_ended_has_none() -> None:
    assert count_arenas(2**22 + 1) is None
