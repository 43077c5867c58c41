"""Endpoints of single processes: found by pid and start time, and swept when their owner died."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.control.serving import other_process, serving
from trayapp.control.process_endpoints import (
    GUARD,
    PROBE,
    endpoint_name,
    find_names,
    own_name,
    sweep,
)
from trayapp.readers.processes import open_process_reader

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells start times")

NAMED = """
import pathlib, sys
from trayapp.control.process_endpoints import PROBE, own_name
from trayapp.control.server import ControlServer
ControlServer(pathlib.Path(sys.argv[1]), {}, name=own_name(PROBE)).start()
print("ready", flush=True)
sys.stdin.read()
"""


@linux
def test_a_process_names_itself_as_the_readers_call_it() -> None:
    reader = open_process_reader()
    try:
        keys = {facts.key.pid: facts.key for facts in reader.refresh().appeared}
    finally:
        reader.close()
    assert own_name(PROBE) == endpoint_name(PROBE, *keys[os.getpid()])


@linux
def test_what_a_killed_process_left_is_swept_and_nothing_else(runtime: Path) -> None:
    with other_process(NAMED, str(runtime)):
        (left,) = find_names(runtime, PROBE)
    with (
        serving(runtime),
        serving(runtime, name=own_name(GUARD)),
        other_process(NAMED, str(runtime)),
        # Nobody of this /proc, and yet somebody answers: a neighbouring container.
        serving(runtime, name="probe-4000000-1"),
    ):
        (runtime / "notes.txt").touch()
        sweep(runtime)
        kept = find_names(runtime, PROBE)
        assert left not in kept
        assert "probe-4000000-1" in kept
        assert len(kept) == 2
        assert find_names(runtime, GUARD) == [own_name(GUARD)]
        assert (runtime / "control.sock").exists()
        assert (runtime / "notes.txt").exists()


def test_odd_names_in_the_folder_harm_nobody(runtime: Path) -> None:
    assert find_names(runtime, PROBE) == []
    sweep(runtime)
    runtime.mkdir()
    for name in ("probe-.sock", "probe-1-2-3.sock", "probe-x-y.sock", "probe-9-9.json"):
        (runtime / name).touch()
    sweep(runtime)
    assert len(find_names(runtime, PROBE)) == 4
