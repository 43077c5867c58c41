"""What the recorder keeps and costs: `python -m tests.benchmarks.recorder [SECONDS]`.

Records ten idle processes at 1,000 Hz for SECONDS (default 20) into each kind of file, as root or
whoever may with real-time priority and as everybody without, and prints rate kept, missed ticks
and CPU. Then reads and judges ten minutes of ten processes at 1,000 Hz, made up, from each kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

from tests.benchmarks.readers import idle_processes, show
from tests.recording.making import STARTED, recorder_command
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.recording.chunks import Chunk, ChunkFile, FileWriter, RecordedProcess, RecordingHead
from trayapp.recording.csv_writing import CsvWriter
from trayapp.recording.memrec import MemrecWriter

PROCESSES = 10
CHUNKS = 600
"""Seconds of the recording that is read."""
READ = """
import sys, time
from pathlib import Path
from trayapp.recording.files import read_recording
from trayapp.recording.analyze import main
before = time.perf_counter()
recording = read_recording(Path(sys.argv[1]))
read_seconds = time.perf_counter() - before
samples = sum(len(track.memory) for track in recording.tracks)
before = time.perf_counter()
main([Path(sys.argv[1])], json=True)
print(f"{read_seconds} {time.perf_counter() - before} {samples}", file=sys.stderr)
"""
ORDINARY = "import os; os.sched_setscheduler = lambda *_: (_ for _ in ()).throw(PermissionError())"


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    show(f"{PROCESSES} processes at 1,000 Hz for {seconds:g} s; load {os.getloadavg()[0]:.2f}")
    show(f"  {'':<36}{'kept/s':>9}{'missed':>9}{'latest':>10}{'CPU':>8}{'file':>11}")
    with tempfile.TemporaryDirectory() as folder, idle_processes(PROCESSES) as pids:
        for ending in ("memrec", "csv"):
            path = Path(folder) / f"r.{ending}"
            for title, prelude in (("as permitted", ""), ("ordinary priority", ORDINARY)):
                summary = record(path, pids, seconds, prelude)
                show(
                    f"  {f'.{ending}, {title}':<36}{summary['samples_per_second']:>9.1f}"
                    f"{summary['missed_percent']:>8.2f}%{summary['latest_seconds'] * 1000:>7.1f} ms"
                    f"{summary['recorder_cpu_percent']:>7.1f}%"
                    f"{path.stat().st_size / 1e6:>8.2f} MB"
                )
        show(f"\nA file of {CHUNKS} s, {CHUNKS * PROCESSES * 1000:,} readings")
        show(f"  {'':<36}{'read':>9}{'analyze':>9}{'file':>20}")
        for form in (MemrecWriter(), CsvWriter()):
            path = Path(folder) / ("long.csv" if isinstance(form, CsvWriter) else "long.memrec")
            write_long(path, form)
            run = [sys.executable, "-c", READ, str(path)]
            told = subprocess.run(run, capture_output=True, text=True, check=False).stderr
            read_seconds, analyze_seconds, samples = map(float, told.split())
            assert samples == CHUNKS * PROCESSES * 1000
            size = f"{path.stat().st_size / 1e6:.1f} MB"
            show(f"  {path.suffix:<36}{read_seconds:>7.2f} s{analyze_seconds:>7.2f} s{size:>20}")


def record(path: Path, pids: list[int], seconds: float, prelude: str) -> dict[str, Any]:
    """Record once; the summary."""
    program, flag, code, options = recorder_command(
        path, pids=pids, interval_seconds=0.001, for_seconds=seconds, json=True
    )
    run = [program, flag, f"{prelude}\n{code}", options]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def write_long(path: Path, form: FileWriter) -> None:
    """Sizes that wander and grow, so that they do not compress unusually well."""
    file = ChunkFile(path, form)
    file.begin(RecordingHead(STARTED, 0.001))
    processes = [
        RecordedProcess(
            number=number,
            facts=ProcessFacts(key=ProcessKey(100 + number, 1), parent_pid=1, name="made-up"),
        )
        for number in range(1, PROCESSES + 1)
    ]
    for process in processes:
        file.write_process(process)
    for second in range(CHUNKS):
        chunk = Chunk(processes)
        chunk.rows = len(chunk.times)
        chunk.times = array("d", [second + row / 1000 for row in range(chunk.rows)])
        wander = [4096.0 * (second * 100 + row * row * 7919 % 977) for row in range(chunk.rows)]
        chunk.columns = [array("d", wander) for _ in chunk.columns]
        file.write_chunk(chunk)
    file.finish({})


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    show(f"\ntook {time.perf_counter() - started:.0f} s")
