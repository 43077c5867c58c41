"""Recordings in forms that people have, each with what is right; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import Instructions

CASES = Path(__file__).parent / "cases"
MIB = 1024**2
KIB = 1024


class Right(NamedTuple):
    """What is to be read of one file."""

    series: Mapping[str, tuple[float, float]]
    """First and last size by the name of the series, in MiB."""
    started: str | None = None
    """In UTC, to the second; None where the file does not tell."""
    seconds: float | None = None
    runs: int = 1


WORKER = {"worker 4242": (100, 155)}
STORE = {"store 4300": (400, 378)}
PIDSTAT = {"worker 500": (20000 / KIB, 40000 / KIB)}
MARCH, NOVEMBER = "2026-03-02 09:00:00", "2026-11-20 10:20:31"
RIGHT = {
    "pidstat_h_sysstat10.txt": Right(WORKER | STORE, MARCH, 660),
    "pidstat_no_uid.txt": Right(WORKER, None, 660),
    "pidstat_ja.txt": Right(WORKER, MARCH, 660),
    "pidstat_ko.txt": Right(WORKER, "2026-02-03 09:00:00", 660),
    "pidstat_fr_date.txt": Right(WORKER, "2026-02-03 09:00:00", 660),
    "pidstat_da_date.txt": Right(WORKER, "2026-02-03 09:00:00", 660),
    "rows_two_containers.csv": Right({"app": (100, 155), "db": (400, 378)}, MARCH, 660),
    "rows_two_pids.csv": Right(WORKER | STORE, MARCH, 660),
    "docker_stats_format.csv": Right({"app": (100, 155)}, MARCH, 660),
    "camel.csv": Right({"memUsage": (100, 155), "heapUsed": (50, 77.5)}, MARCH, 660),
    "network_mb.csv": Right({"memory_mb": (200, 200)}, MARCH),
    "db_bytes.csv": Right({"rss_kb": (195.3125, 195.3125)}, MARCH),
    "thousands.csv": Right({"rss_kb": (100, 155)}, MARCH, 660),
    "date_slashes.csv": Right({"memory_mb": (100, 155)}, MARCH, 660),
    "date_german.csv": Right({"memory_mb": (100.5, 155.5)}, MARCH, 660),
    "date_dashes_dayfirst.csv": Right({"memory_mb": (100, 155)}, "2026-02-03 09:00:00", 660),
    "clock_only.csv": Right({"memory_mb": (100, 155)}, None, 660),
    "utc_word.csv": Right({"rss_mb": (100, 155)}, MARCH, 660),
    "typeperf.csv": Right({"Working Set - Private": (100, 155)}, None, 660),
    "appended_runs.csv": Right({"rss_mb": (100, 455)}, None, 1380, runs=2),
    "mprof_last_zero.dat": Right({"memory": (100, 155)}, MARCH, 660),
    "ps_loop_header.txt": Right(WORKER, MARCH, 660),
    "runs-false-leak.csv": Right({"rss_bytes": (100, 860.99)}, runs=20),
    "runs-false-leak.dat": Right({"memory": (100, 860.99)}, runs=20),
    "runs-short.dat": Right({"memory": (100, 180.04)}, runs=3),
    "end-zero.dat": Right({"memory": (100, 100.07)}, seconds=7),
    "h-centos7.txt": Right(PIDSTAT, "2026-11-20 20:29:25", 2),
    "H.txt": Right(PIDSTAT, "2026-11-20 20:29:25", 2),
    "sles11.txt": Right(PIDSTAT, "2026-06-18 15:08:19", 2),
    "zh_CN.txt": Right(PIDSTAT, NOVEMBER, 2),
    "ja_JP.txt": Right(PIDSTAT, NOVEMBER, 2),
    "fi_FI.txt": Right(PIDSTAT, NOVEMBER, 2),
    "en_IN.txt": Right(PIDSTAT, "2026-11-20 22:20:31", 2),
    "da_DK.txt": Right(PIDSTAT, NOVEMBER, 2),
    "fr_FR.txt": Right(PIDSTAT, "2026-11-05 10:20:31", 2),
    "colours.txt": Right(PIDSTAT, NOVEMBER, 2),
    "kernel.txt": Right({"ksoftirqd/0 9": (0, 0), "migration/1 17": (0, 0),
                         "kworker/0:1-events 40": (0, 0)}, NOVEMBER, 2),
    "reuse.txt": Right({"java 500": (390.625, 400100 / KIB), "nginx 500": (3000 / KIB, 3100 / KIB)},
                       "2026-11-20 10:00:01", 301),
    "gpu.csv": Right({"memory.used [MiB]": (678, 710)}, "2026-01-01 00:00:00", 2),
    "leak-hidden.csv": Right({"web 10": (100121 / KIB, 97.98), "db 11": (400303 / KIB, 1290.53)}),
    "docker.csv": Right({"web": (12.5, 14.5)}, "2026-01-01 00:00:00", 2),
    "glances.csv": Right({"mem.used": (3632.65, 3632.1), "memswap.used": (0, 0)}),
    "utilization.csv": Right({"rss_mb": (350, 370)}, None, 2),
    "mbytes.csv": Right({"Working Set MBytes": (100, 101), "heap_gbytes": (2048, 2048),
                         "rss_kilobytes": (1, 1025 / KIB)}),
    "slashes.csv": Right({"memory.used [MiB]": (678, 700)}, "2026-01-01 00:00:00", 1),
    "node.csv": Right({"rss": (22.383, 21.770), "heapUsed": (4.391, 4.595),
                       "MemUsage": (22.383, 21.770)}),
    "three.log": Right({"real": (227.293, 274.422)}, None, 2.008),
    "k8s.json": Right({"app": (95.367, 95.367), "sidecar": (190.735, 190.735),
                       "proxy": (286.102, 286.102)}),
    "long_gap_7004_rows.csv.gz": Right({"rss_mb": (100, 304)}, MARCH, 178800),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_every_case_is_read_right(name: str) -> None:
    right = RIGHT[name]
    recording = read_recording(CASES / name, Instructions(timezone=UTC))
    found = dict.fromkeys(right.series, 0)
    for track in recording.tracks:
        title = next(title for title in right.series if title in track.name)
        found[title] += 1
        first, last = right.series[title]
        assert track.memory[0] / MIB == pytest.approx(first, abs=0.006)
        assert track.memory[-1] / MIB == pytest.approx(last, abs=0.006)
        runs = 1 if track.runs is None else len({*track.runs})
        assert runs == right.runs
    assert set(found.values()) == {1}
    if right.seconds is not None:
        assert recording.seconds == pytest.approx(right.seconds)
    if right.started is not None:
        started = datetime.fromtimestamp(recording.started_wall_seconds, UTC)
        assert f"{started:%Y-%m-%d %H:%M:%S}" == right.started


REFUSED = {
    "percentage.csv": "memory_percentage.*a percentage",
    "usage_in_percent.csv": "memory_usage: it has no unit, and 40 to 51 cannot be bytes.*--unit",
    "node_no_time.csv": "no time column",
    "memavailable.json": "no memory in it",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(RecordingError, match=REFUSED[name]) as caught:
        read_recording(CASES / name)
    assert len(str(caught.value).splitlines()) == 1


def test_every_case_is_in_one_of_the_tables() -> None:
    assert {path.name for path in CASES.iterdir()} == {*RIGHT, *REFUSED, "berlin.csv"}


def test_the_hour_that_summer_time_gives_twice_is_two_hours() -> None:
    berlin = Instructions(timezone=ZoneInfo("Europe/Berlin"))
    recording = read_recording(CASES / "berlin.csv", berlin)
    (track,) = recording.tracks
    assert recording.seconds == 179 * 60
    assert list(track.times) == [60 * minute for minute in range(180)]
    started = datetime.fromtimestamp(recording.started_wall_seconds, UTC)
    assert started.isoformat() == "2026-10-24T23:30:00+00:00"


def test_a_date_that_was_guessed_is_said() -> None:
    american = read_recording(CASES / "pidstat_no_uid.txt")
    assert any("'03/02/26' was read as 2026-03-02" in note for note in american.notes)
    french = read_recording(CASES / "pidstat_fr_date.txt")
    assert french.notes == ()
    dateless = read_recording(CASES / "clock_only.csv")
    assert any("the date is that of the file" in note for note in dateless.notes)


def test_what_was_taken_and_left_out_is_known() -> None:
    recording = read_recording(CASES / "network_mb.csv")
    assert [one.name for one in recording.taken] == ["memory_mb"]
    reasons = {one.name: one.reason for one in recording.left_out}
    assert "network" in reasons["network_rx_mb"]
    assert "read or written" in reasons["disk_write_mb"]
