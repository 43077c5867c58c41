"""Recorders in processes of their own, programs for them to record, and files made by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.readers.children import running_python
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey
from trayapp.recording.chunks import Chunk, ChunkFile, FileWriter, RecordedProcess, RecordingHead
from trayapp.recording.csv_writing import CsvWriter
from trayapp.recording.memrec import MemrecWriter

MIB = 1024**2
STARTED = 1_780_000_000.0

RECORDER = """
import json, sys
from pathlib import Path
from trayapp.errors import MemtrayError
from trayapp.recording.record import RecordOptions, main
options = json.loads(sys.argv[1])
for name in ("pids", "command"):
    options[name] = tuple(options.get(name, ()))
try:
    sys.exit(main(RecordOptions(**options | {"output": Path(options["output"])})))
except MemtrayError as error:
    print(f"memtray: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""

ALLOCATOR = """
import sys
kept = []
print("ready", flush=True)
for line in sys.stdin:
    kept.append(b"x" * int(line))
    print("done", flush=True)
"""


def recorder_command(output: Path, **options: object) -> list[str]:
    """What records as asked for, in a process of its own."""
    return [sys.executable, "-c", RECORDER, json.dumps({"output": str(output), **options})]


def record(output: Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Record and wait for the end."""
    return subprocess.run(
        recorder_command(output, **options), capture_output=True, text=True, timeout=60
    )


def record_json(output: Path, **options: object) -> dict[str, Any]:
    """Record; the summary."""
    done = record(output, json=True, **options)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def allocator() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A program that allocates as many bytes as it is told (`allocate`)."""
    return running_python(ALLOCATOR)


def allocate(child: subprocess.Popen[bytes], size_bytes: int) -> None:
    """Have an `allocator` hold so much more; returns when it does."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"%d\n" % size_bytes)
    child.stdin.flush()
    assert child.stdout.readline() == b"done\n"


Reading = tuple[int, int | None] | None
"""Resident and anonymous bytes."""


def write_recording(
    path: Path,
    rows: Sequence[tuple[float, Mapping[int, Reading]]],
    *,
    names: Mapping[int, str] = {},
    interval_seconds: float = 0.001,
    rows_per_chunk: int = 1000,
    finish: bool = True,
) -> Path:
    """A file as the recorder writes it: seconds, and by pid what was read of each process.

    A chunk ends where other pids are there than before.
    """
    form: FileWriter = CsvWriter() if path.suffix == ".csv" else MemrecWriter()
    file = ChunkFile(path, form)
    file.begin(RecordingHead(STARTED, interval_seconds))
    known: dict[int, RecordedProcess] = {}
    chunk: Chunk | None = None
    for seconds, readings in rows:
        if chunk is None or chunk.is_full or _pids(chunk) != set(readings):
            if chunk is not None:
                file.write_chunk(chunk)
            for process in _meet(known, readings, names):
                file.write_process(process)
            chunk = Chunk([known[pid] for pid in readings], rows_per_chunk)
        chunk.add(
            seconds,
            {
                known[pid].facts.key: MemoryReading(*reading)
                for pid, reading in readings.items()
                if reading is not None
            },
        )
    if chunk is not None:
        file.write_chunk(chunk)
    if finish:
        file.finish({})
    else:
        while file.step():
            pass
        file.abandon()
    return path


def _pids(chunk: Chunk) -> set[int]:
    return {process.facts.key.pid for process in chunk.processes}


def _meet(
    known: dict[int, RecordedProcess], pids: Iterable[int], names: Mapping[int, str]
) -> list[RecordedProcess]:
    new = []
    for pid in pids:
        if pid not in known:
            name = names.get(pid, "program")
            facts = ProcessFacts(
                key=ProcessKey(pid, 1), parent_pid=1, name=name, arguments=(name, "--flag")
            )
            known[pid] = RecordedProcess(number=len(known) + 1, facts=facts)
            new.append(known[pid])
    return new
