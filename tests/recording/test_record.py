"""Real recordings of real programs, however they end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import pytest

from tests.readers.children import eventually, running, running_python
from tests.recording.making import (
    MIB,
    allocate,
    allocator,
    record,
    record_json,
    recorder_command,
)
from trayapp.recording.files import read_recording
from trayapp.recording.records import Recording, Track

ENDINGS = ("memrec", "csv")
SLOW = 0.02
"""Seconds between samples; a busy machine keeps that, too."""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="made for /proc")


def track_of(recording: Recording, pid: int) -> Track:
    return next(track for track in recording.tracks if track.pid == pid)


class Recorder(subprocess.Popen[str]):
    """A recorder that runs beside the test; in a `with` statement it never outlives it."""

    def __init__(self, output: Path, **options: object) -> None:
        self.output = output
        super().__init__(
            recorder_command(output, **options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        super().__exit__(kind, error, trace)

    def wait_for_bytes(self, count: int) -> None:
        """Until the file has grown by so much."""
        start = self.size()

        def has_grown() -> bool:
            assert self.poll() is None, self.communicate()
            return self.size() >= start + count

        eventually(has_grown, 30)

    def size(self) -> int:
        return self.output.stat().st_size if self.output.exists() else 0

    def end(self, number: int | None = None) -> tuple[str, str]:
        """Its output and its complaints, after a signal."""
        if number is not None:
            self.send_signal(number)
        return self.communicate(timeout=30)


@pytest.mark.parametrize("ending", ENDINGS)
def test_growth_is_recorded_and_summarised(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    with (
        allocator() as child,
        Recorder(path, pids=[child.pid], interval_seconds=SLOW, json=True) as recorder,
    ):
        recorder.wait_for_bytes(300)
        allocate(child, 30 * MIB)
        recorder.wait_for_bytes(1000)
        out, _ = recorder.end(signal.SIGINT)
    assert recorder.returncode == 0
    summary = json.loads(out)
    (process,) = summary["processes"]
    assert process["pid"] == child.pid
    assert 30 * MIB <= process["growth_bytes"] < 32 * MIB
    assert process["peak_bytes"] >= process["end_bytes"] >= process["start_bytes"] + 30 * MIB
    assert summary["ended_by"] == "signal"
    recording = read_recording(path)
    assert recording.notes == ()
    track = track_of(recording, child.pid)
    assert len(track.memory) == process["samples"] == summary["samples"]
    assert track.memory[-1] - track.memory[0] == process["growth_bytes"]
    if sys.platform == "linux":
        assert track.anon is not None
        assert 30 * MIB <= track.anon[-1] - track.anon[0] < 32 * MIB


def test_it_ends_after_the_time_that_was_asked_for(tmp_path: Path) -> None:
    with running("sleep", "60") as child:
        summary = record_json(
            tmp_path / "r.memrec", pids=[child.pid], interval_seconds=SLOW, for_seconds=0.5
        )
    assert summary["ended_by"] == "duration"
    assert 0.5 <= summary["duration_seconds"] < 2
    assert summary["samples"] + summary["missed"] <= 26
    assert summary["samples"] >= 5
    assert summary["processes"][0]["ended"] is False


def test_a_long_interval_does_not_put_off_the_end(tmp_path: Path) -> None:
    """One sample, then the time is over, or the process, or the person's patience."""
    with running("sleep", "60") as child:
        options: dict[str, object] = {"pids": [child.pid], "interval_seconds": 3600}
        summary = record_json(tmp_path / "r.csv", **options, for_seconds=0.3)
        assert (summary["samples"], summary["ended_by"]) == (1, "duration")
        with Recorder(tmp_path / "q.memrec", **options, json=True) as recorder:
            recorder.wait_for_bytes(200)
            child.kill()
            child.wait()
            out, _ = recorder.end()
    assert json.loads(out)["ended_by"] == "process"


def test_it_ends_with_the_last_of_the_processes(tmp_path: Path) -> None:
    path = tmp_path / "r.memrec"
    with running("sleep", "2") as short, running("sleep", "3") as long:
        summary = record_json(path, pids=[short.pid, long.pid], interval_seconds=SLOW)
    assert summary["ended_by"] == "process"
    assert summary["duration_seconds"] < 10
    assert [process["ended"] for process in summary["processes"]] == [True, True]
    recording = read_recording(path)
    ends = [track_of(recording, child.pid).times[-1] for child in (short, long)]
    assert ends[0] < ends[1]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_a_complete_file(tmp_path: Path, ending: str, number: int) -> None:
    path = tmp_path / f"r.{ending}"
    with (
        running("sleep", "60") as child,
        Recorder(path, pids=[child.pid], interval_seconds=0.005, json=True) as recorder,
    ):
        recorder.wait_for_bytes(300)
        out, error = recorder.end(number)
    assert (recorder.returncode, error) == (0, "")
    recording = read_recording(path)
    assert recording.notes == ()
    assert len(recording.tracks[0].memory) == json.loads(out)["samples"] > 5


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_killed_recorder_leaves_what_it_had_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"r.{ending}"
    with (
        running("sleep", "60") as child,
        Recorder(path, pids=[child.pid], interval_seconds=0.001) as recorder,
    ):
        recorder.wait_for_bytes(4000 if ending == "csv" else 9000)
        recorder.end(signal.SIGKILL)
    recording = read_recording(path)
    assert len(recording.tracks[0].memory) >= 50
    assert set(recording.tracks[0].memory) != {0}
    if ending == "memrec":
        assert "before it could finish" in recording.notes[0]


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_is_run_and_its_exit_code_passed_on(tmp_path: Path, code: int) -> None:
    """Its input and output are its own; the summary stays out of them."""
    program = (
        "import sys, time; print(sys.stdin.read() + sys.argv[1]); time.sleep(0.3); "
        f"sys.exit({code})"
    )
    done = subprocess.run(
        recorder_command(
            tmp_path / "r.csv",
            command=[sys.executable, "-c", program, "--flag"],
            interval_seconds=SLOW,
        ),
        input="hello ", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stdout == "hello --flag\n"
    assert f"exit code {code}" in done.stderr
    assert len(read_recording(tmp_path / "r.csv").tracks) == 1


def test_a_command_killed_by_a_signal(tmp_path: Path) -> None:
    """As a shell tells it."""
    program = "import os, time; time.sleep(0.2); os.kill(os.getpid(), 9)"
    done = record(
        tmp_path / "r.csv", command=[sys.executable, "-c", program], interval_seconds=SLOW
    )
    assert done.returncode == 128 + 9


def test_a_command_that_ends_at_once(tmp_path: Path) -> None:
    """Maybe there is no sample; there is a file all the same, and the exit code."""
    for ending in ENDINGS:
        done = record(tmp_path / f"r.{ending}", command=["false"])
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert (tmp_path / f"r.{ending}").exists()


def test_the_children_of_a_command_are_recorded_too(tmp_path: Path) -> None:
    """Each is a series of its own, also those that come later."""
    script = "sleep 1.0 & sleep 0.5; sleep 0.6; wait"
    for ending in ENDINGS:
        path = tmp_path / f"r.{ending}"
        summary = record_json(path, command=["sh", "-c", script], interval_seconds=SLOW)
        assert summary["command_exit_code"] == 0
        names = [process["name"] for process in summary["processes"]]
        assert len(names) == 4
        recording = read_recording(path)
        assert len(recording.tracks) == 4
        late = track_of(recording, summary["processes"][3]["pid"])
        assert late.times[0] > 0.4
        # What they are called since exec, not the shell they were forked from.
        assert [track.name.split()[0] for track in recording.tracks].count("sleep") >= 2


def test_at_most_ten_processes_at_a_time(tmp_path: Path) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do sleep 0.8 & done; wait"
    path = tmp_path / "r.csv"
    summary = record_json(path, command=["sh", "-c", script], interval_seconds=SLOW)
    # Who has ended makes room, so that there may be more than ten in all.
    assert len(summary["processes"]) + summary["processes_left_out"] == 14
    spans = [(track.times[0], track.times[-1]) for track in read_recording(path).tracks]
    for moment, _ in spans:
        assert sum(start <= moment <= end for start, end in spans) <= 10


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_storm_of_short_children(tmp_path: Path, ending: str) -> None:
    """Children that come and go between two looks, or in the middle of one."""
    path = tmp_path / f"r.{ending}"
    inner = "for i in 1 2 3 4 5 6 7 8; do sleep 0.03 & done; wait; true"
    script = f"for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do {inner}; done"
    summary = record_json(path, command=["sh", "-c", script], interval_seconds=0.001)
    assert summary["command_exit_code"] == 0
    assert len(summary["processes"]) > 3
    recording = read_recording(path)
    assert recording.notes == ()
    for track in recording.tracks:
        assert min(size for size in track.memory if size == size) > 0


def test_a_command_ends_with_its_recording(tmp_path: Path) -> None:
    """After `--for`; also one that does not listen is not left behind."""
    done = record(
        tmp_path / "r.csv", command=["sleep", "60"], interval_seconds=SLOW, for_seconds=0.3,
    )  # fmt: skip
    assert done.returncode == 0
    pid = read_recording(tmp_path / "r.csv").tracks[0].pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_the_recording_of_a_command(tmp_path: Path, number: int) -> None:
    """A script that goes on only after success does not go on."""
    path = tmp_path / "r.memrec"
    with Recorder(path, command=["sleep", "60"], interval_seconds=SLOW) as recorder:
        recorder.wait_for_bytes(300)
        recorder.end(number)
    assert recorder.returncode == 128 + number
    recording = read_recording(path)
    assert recording.notes == ()
    with pytest.raises(ProcessLookupError):
        os.kill(recording.tracks[0].pid or 0, 0)


def test_match_finds_everybody_but_memtray(tmp_path: Path) -> None:
    """The text is in the recorder's own command line, and in that of the shell around it."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    with running_python("print(1, flush=True); input()", mark) as small:
        big_code = "x = b'x' * 50_000_000; print(1, flush=True); input()"
        with running_python(big_code, mark) as big:
            summary = record_json(
                tmp_path / "r.csv", match=mark, interval_seconds=SLOW, for_seconds=0.2
            )
    assert [process["pid"] for process in summary["processes"]] == [big.pid, small.pid]


def test_no_match_names_the_nearest(tmp_path: Path) -> None:
    with running("sleep", "60"):
        done = record(tmp_path / "r.csv", match="sleeep")
    assert done.returncode == 2
    assert done.stderr == "memtray: no process matches 'sleeep'; did you mean 'sleep'?\n"
    assert not (tmp_path / "r.csv").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "what should be recorded?"),
        ({"pids": [1], "match": "x"}, "what should be recorded?"),
        ({"match": " "}, "--match needs a text"),
        ({"pids": [2**22 + 1]}, "no process"),
        ({"pids": list(range(1, 12))}, "at most 10"),
        ({"pids": [1], "interval_seconds": 0.0001}, "1ms to 1h"),
        ({"pids": [1], "interval_seconds": 4000}, "1ms to 1h"),
        ({"pids": [1], "for_seconds": 0}, "--for"),
        ({"command": ["no-such-program-here"]}, "command not found: no-such-program-here"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, options: dict[str, object], told: str) -> None:
    """And cost no recording that was there before."""
    path = tmp_path / "r.csv"
    path.write_text("an old one")
    done = record(path, **options)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.startswith("memtray: ")
    assert done.stderr.count("\n") == 1
    assert path.read_text() == "an old one"


@pytest.mark.parametrize("name", ["r.txt", "r", ".csv", "no/such/folder/r.csv"])
def test_files_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with running("sleep", "60") as child:
        done = record(tmp_path / name, pids=[child.pid])
    assert done.returncode == 2
    assert done.stderr.startswith("memtray: cannot ")
    assert done.stderr.count("\n") == 1


@linux_only
def test_processes_without_memory(tmp_path: Path) -> None:
    """A zombie: it exists, but there is nothing to record."""
    with running("sleep", "60") as child:
        child.kill()
        eventually(lambda: b") Z " in Path(f"/proc/{child.pid}/stat").read_bytes())
        done = record(tmp_path / "r.csv", pids=[child.pid])
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@linux_only
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk(tmp_path: Path, ending: str) -> None:
    """What was recorded until then can be read; one line tells."""
    path = tmp_path / f"r.{ending}"
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    with running("sleep", "60") as child:
        program, flag, code, options = recorder_command(
            path, pids=[child.pid], interval_seconds=0.001, for_seconds=20
        )
        if ending == "memrec":
            limited = limited.replace("60_000", "30_000")
        done = subprocess.run(
            [program, flag, f"{limited}\n{code}", options],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert "file could not be written" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "File too large; what was recorded before that is in it" in line
    recording = read_recording(path)
    assert len(recording.tracks[0].memory) >= 500
    assert "cut off" not in "".join(recording.notes)


@linux_only
def test_nothing_can_be_written_at_all(tmp_path: Path) -> None:
    (tmp_path / "full.csv").symlink_to("/dev/full")
    with running("sleep", "60") as child:
        done = record(tmp_path / "full.csv", pids=[child.pid], for_seconds=3)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_a_pid_that_is_given_to_another_is_not_followed(tmp_path: Path) -> None:
    """A restart is another process."""
    path = tmp_path / "r.memrec"
    with (
        running("sleep", "1") as child,
        Recorder(path, pids=[child.pid], interval_seconds=SLOW, json=True) as recorder,
    ):
        child.wait()
        with running("sleep", "60"):
            out, _ = recorder.end()
    summary = json.loads(out)
    assert [process["pid"] for process in summary["processes"]] == [child.pid]
    assert summary["ended_by"] == "process"


def test_without_a_terminal_there_is_no_progress(tmp_path: Path) -> None:
    with running("sleep", "60") as child:
        file = tmp_path / "my run.csv"
        done = record(file, pids=[child.pid], interval_seconds=SLOW, for_seconds=1.2)
    assert done.stderr == ""
    assert done.stdout.endswith(f"to see it: memtray trends '{file}'\n")
    assert re.search(r"^\d+ samples in 1\.\d+ s ", done.stdout)
    assert "\x1b" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_progress_on_a_terminal(tmp_path: Path, term: str) -> None:
    """One line, without colours, redrawn in place and gone in the end; none where it cannot be."""
    terminal, end = os.openpty()
    with running("sleep", "60") as child:
        command = recorder_command(
            tmp_path / "r.csv", pids=[child.pid], interval_seconds=SLOW, for_seconds=1.3
        )
        env = {**os.environ, "TERM": term, "NO_COLOR": "1"}
        subprocess.run(command, stderr=end, stdout=subprocess.DEVNULL, env=env, timeout=60)
    os.close(end)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    if term == "dumb":
        assert shown == b""
        return
    text = shown.decode()
    assert "recording 1 s" in text
    assert "\n" not in text
    assert "\x1b[3" not in text
    assert text.endswith("\r\x1b[K")
