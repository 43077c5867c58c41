"""Small forms of the programs that look the same from outside, run for real with a probe."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.control.serving import other_process
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.domain.records.samples import ProcessKey
from trayapp.readers.procfile import read_started

START = """
import gc, pathlib, sys
import trayapp.probe
assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
"""
SERVE = """
print("ready", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""
SPREAD_STRINGS = """
kept = [("x%d" % number) * 400 for number in range(20_000)]
kept = kept[::50]
"""
SPREAD_TUPLES = """
kept = [(number,) for number in range(400_000)]
kept = kept[::1000]
"""
LIVE_TUPLES = """
kept = [(number,) for number in range(400_000)]
"""


@contextmanager
def program(runtime: Path, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that has done this and then waits for lines to run."""
    with other_process(START + code + SERVE, str(runtime)) as process:
        yield process


def do(process: subprocess.Popen[bytes], line: str) -> None:
    """Have it run a line, and wait until that is done."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"done\n"


def report(runtime: Path, pid: int, **arguments: object) -> Mapping[str, object]:
    """What its probe reports."""
    key = ProcessKey(pid, read_started("/proc", pid))
    name = endpoint_name(PROBE, *key)
    return call(runtime, "report", arguments, 60.0, name=name, who="The probe")
