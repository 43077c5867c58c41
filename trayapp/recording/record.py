"""`memtray record`: a thousand samples a second of up to ten processes, into a file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from trayapp.dataclass import dataclass, replace
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError, UsageError
from trayapp.language.catalogue import _, format_count, format_number
from trayapp.language.reasons import reason_of
from trayapp.language.units import format_size
from trayapp.readers.process_changes import ProcessChanges
from trayapp.recording.chunks import ChunkFile, FileWriter
from trayapp.recording.csv_writing import CsvWriter
from trayapp.recording.family import Family, open_family
from trayapp.recording.kin import MOST_PROCESSES
from trayapp.recording.memrec import MemrecWriter
from trayapp.recording.process_choice import find_by_text, find_program
from trayapp.recording.progress import Progress
from trayapp.recording.recorder import Recorder
from trayapp.recording.summary import Summary, short_path, summary_json, summary_lines

SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS = 0.001, 3600.0
GRACE_SECONDS = 5.0
"""Time that a command is given to end when it is asked to."""
_WRITERS: dict[str, Callable[[], FileWriter]] = {".csv": CsvWriter, ".memrec": MemrecWriter}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """Options of the command line; exactly one of `pids`, `match` and `command` is given."""

    output: Path
    """Its ending chooses the format: .csv or .memrec. A file that is there is replaced."""
    pids: tuple[int, ...] = ()
    """At most ten."""
    match: str | None = None
    """All processes, at most ten, whose command line holds this text; the largest first."""
    command: tuple[str, ...] = ()
    """A program and its arguments, to be started and recorded together with its children."""
    interval_seconds: float = 0.001
    """0.001 to 3600."""
    for_seconds: float | None = None
    """None: until the processes end, or Ctrl-C. A command is ended with its recording."""
    json: bool = False
    """Print the summary as JSON on standard output."""


def main(options: RecordOptions) -> int:
    """Record until the processes end, the time is over or a signal comes; main thread.

    The summary goes to standard output; that of a command to standard error, because its output
    is its own. Ctrl-C, SIGTERM and SIGHUP end a recording in good order.

    Returns: 0; the exit code of a command that ended by itself; 128 + n if signal n ended the
    recording of a command; 1 if the file could not be written to its end.
    Raises: UsageError or RecordingError before anything was recorded.
    """
    writer = _check(options)
    if options.command:
        find_program(options.command)
    pids = options.pids if options.match is None else find_by_text(options.match)
    with _Signals() as signals, ExitStack() as cleaning:
        command: subprocess.Popen[bytes] | None = None
        if options.command:
            file = _open_file(options.output, writer)
            command = _start(options.command)
            cleaning.callback(_end, command, signals)
            pids = (command.pid,)
        family = open_family(pids, with_children=command is not None)
        cleaning.callback(family.close)
        first = family.refresh()
        if command is None:
            _check_processes(pids, family, first, is_choice=options.match is not None)
            # As they were asked for: the largest first.
            ordered = sorted(first.appeared, key=lambda facts: pids.index(facts.key.pid))
            first = first._replace(appeared=tuple(ordered))
            # Not before: a mistyped pid must not cost an old recording.
            file = _open_file(options.output, writer)
        cleaning.callback(file.abandon)
        recorder = Recorder(
            family,
            file,
            interval_seconds=options.interval_seconds,
            for_seconds=options.for_seconds,
            main_pid=command.pid if command else None,
        )
        signals.stops(recorder)
        summary, problem = _record(options, recorder, first, command, file)
        if command is not None:
            _end(command, signals)
    _print_summary(options, summary, problem)
    if problem is not None:
        return 1
    if command is not None and signals.number is not None and summary.command_exit_code is None:
        return 128 + signals.number
    return summary.command_exit_code or 0


def _record(
    options: RecordOptions,
    recorder: Recorder,
    first: ProcessChanges,
    command: subprocess.Popen[bytes] | None,
    file: ChunkFile,
) -> tuple[Summary, OSError | None]:
    """The whole recording, up to the closed file; and what went wrong with the file."""
    # The terminal belongs to the command, if there is one.
    progress = Progress(sys.stderr) if command is None else None
    if progress is not None:
        recorder.on_progress = lambda recorder: progress.show(_progress_text(recorder))
    problem = None
    cpu_seconds = time.process_time()
    try:
        recorder.run(first)
    except OSError as error:
        problem = error
        recorder.stop_reason = "error"
    if progress is not None:
        progress.clear()
    cpu_seconds = time.process_time() - cpu_seconds
    exit_code = None
    if command is not None and recorder.stop_reason == "command":
        # It has ended or is a zombie: there is nothing to wait for.
        exit_code = _shell_code(command.wait())
    summary = _summarise(options, recorder, cpu_seconds, exit_code)
    if problem is None:
        try:
            file.finish(summary_json(summary))
        except OSError as error:
            problem = error
            summary = replace(summary, ended_by="error")
    return summary, problem


def _summarise(
    options: RecordOptions, recorder: Recorder, cpu_seconds: float, exit_code: int | None
) -> Summary:
    ticks = recorder.ticks
    duration = max(ticks.elapsed(), 1e-9)
    due = ticks.taken + ticks.missed
    return Summary(
        file=short_path(options.output),
        started_wall_seconds=recorder.started_wall_seconds,
        duration_seconds=duration,
        interval_seconds=options.interval_seconds,
        samples=ticks.taken,
        missed=ticks.missed,
        late=ticks.late,
        latest_seconds=ticks.latest_seconds,
        samples_per_second=ticks.taken / duration,
        missed_percent=100 * ticks.missed / due if due else 0.0,
        recorder_cpu_percent=100 * cpu_seconds / duration,
        ended_by=recorder.stop_reason,
        command_exit_code=exit_code,
        processes_left_out=recorder.left_out_count,
        processes=tuple(life.summary() for life in recorder.lives),
    )


def _print_summary(options: RecordOptions, summary: Summary, problem: OSError | None) -> None:
    if options.json:
        print(json.dumps(summary_json(summary), indent=1))
    else:
        stream = sys.stderr if options.command else sys.stdout
        for line in summary_lines(summary):
            print(line, file=stream)
    if problem is not None:
        reason = reason_of(problem)
        text = _("cannot write {file}: {reason}; what was recorded before that is in it")
        said = text.format(file=short_path(options.output), reason=reason)
        print(f"memtray: {said}", file=sys.stderr)


def _progress_text(recorder: Recorder) -> str:
    ticks = recorder.ticks
    return _(
        "recording {seconds} s · {count} samples · {missed} missed · {size} · Ctrl-C stops"
    ).format(
        seconds=format_number(ticks.elapsed()),
        count=format_count(ticks.taken),
        missed=format_count(ticks.missed),
        size=format_size(recorder.rss_bytes),
    )


def _check(options: RecordOptions) -> FileWriter:
    if [bool(options.pids), options.match is not None, bool(options.command)].count(True) != 1:
        raise UsageError(
            _("what should be recorded? Give one of --pid N, --match TEXT or -- COMMAND")
        )
    if options.match is not None and not options.match.strip():
        raise UsageError(_("--match needs a text"))
    if len(options.pids) > MOST_PROCESSES:
        text = _("at most {count} processes can be recorded at a time")
        raise UsageError(text.format(count=MOST_PROCESSES))
    interval = options.interval_seconds
    if not SHORTEST_INTERVAL_SECONDS <= interval <= LONGEST_INTERVAL_SECONDS:
        text = _("--interval must be 1ms to 1h, not {seconds}s")
        raise UsageError(text.format(seconds=f"{interval:g}"))
    if options.for_seconds is not None and options.for_seconds <= 0:
        raise UsageError(_("--for must be at least as long as --interval"))
    make = _WRITERS.get(options.output.suffix.lower())
    if make is None:
        text = _("cannot record to {file}; use a name in {endings}")
        endings = _(" or ").join(_WRITERS)
        raise UsageError(text.format(file=short_path(options.output), endings=endings))
    return make()


def _check_processes(
    pids: Sequence[int], family: Family, first: ProcessChanges, *, is_choice: bool
) -> None:
    """Make sure that there is something to record.

    Raises: RecordingError if one of the processes does not exist or shows no memory; if Memtray
    has chosen them (`is_choice`), one that has ended since does not matter, but all of them do.
    """
    keys = {facts.key.pid: facts.key for facts in first.appeared}
    readings = family.read(keys.values())
    if is_choice and readings:
        return
    for pid in pids:
        if pid not in keys:
            raise RecordingError(_("no process {pid}").format(pid=pid))
        if keys[pid] not in readings:
            text = _(
                "process {pid} has no readable memory: it has exited, belongs to the "
                "kernel, or may not be read"
            )
            raise RecordingError(text.format(pid=pid))


def _open_file(path: Path, writer: FileWriter) -> ChunkFile:
    try:
        return ChunkFile(path, writer)
    except OSError as error:
        reason = reason_of(error)
        text = _("cannot write {file}: {reason}")
        raise RecordingError(text.format(file=short_path(path), reason=reason)) from error


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command)
    except OSError as error:
        reason = reason_of(error)
        text = _("cannot start {command}: {reason}")
        raise RecordingError(text.format(command=short_name(command[0]), reason=reason)) from error


def _end(command: subprocess.Popen[bytes], signals: _Signals) -> None:
    """End a command whose recording is over, politely at first; harmless if it has ended."""
    if command.poll() is not None:
        return
    if signals.number == signal.SIGINT:
        # Ctrl-C goes to everybody at the terminal: it has been asked already.
        _wait(command, 1.0, signals)
    if command.poll() is None:
        command.terminate()
        if not _wait(command, GRACE_SECONDS, signals):
            command.kill()
            command.wait()


def _wait(command: subprocess.Popen[bytes], seconds: float, signals: _Signals) -> bool:
    """Whether it has ended; a second Ctrl-C cuts the wait short."""
    deadline = time.monotonic() + seconds
    count = signals.count
    while command.poll() is None:
        if time.monotonic() > deadline or signals.count > count:
            return False
        time.sleep(0.01)
    return True


def _shell_code(return_code: int) -> int:
    return return_code if return_code >= 0 else 128 - return_code


class _Signals:
    """While this is entered, the signals that ask a program to end only end the recording."""

    def __init__(self) -> None:
        self.number: int | None = None
        """The first that came."""
        self.count = 0
        self._recorder: Recorder | None = None
        self._before: dict[int, Any] = {}

    def stops(self, recorder: Recorder) -> None:
        """Have the recording end; also if the signal came before there was any."""
        self._recorder = recorder
        if self.number is not None:
            recorder.stop_reason = "signal"

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM]
        # nohup ignores it, and means it.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._on_signal) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _: object) -> None:
        self.number = self.number or number
        self.count += 1
        if self._recorder is not None and not self._recorder.stop_reason:
            self._recorder.stop_reason = "signal"
