"""Each form of a tool's output, by samples: what the raw text says is what is read."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording

SAMPLES = Path(__file__).parent / "tool_samples"
KIB = 1024
Expected = Mapping[str, tuple[float, float, int]]
"""Of each series, by its name, its first and last KiB and how many samples it has."""
_PIDSTAT_OLD = {"python3 16152": (18404, 22500, 3), "python3 16153": (54308, 54308, 3)}
_PIDSTAT_NEW = {"python3 27705": (18480, 22576, 3), "python3 27706": (54448, 54448, 3)}
_OLD_START, _NEW_START = "2026-11-29T16:50:11", "2026-11-29T17:00:28"
_IN_LANGUAGES = {"python3 27705": (24624, 26672, 2), "python3 27706": (54448, 54448, 2)}
_LANGUAGES_START = "2026-11-29T17:00:31"
_MACHINE_NEW = {"memory used": (622784, 610508, 4), "swap used": (0, 0, 4)}
_MACHINE_OLD = {"memory used": (281432, 269576, 4), "swap used": (0, 0, 4)}
_SADF_START = "2026-11-29T17:01:05"
_TOP = {"python3 27705": (92396, 96492, 3), "python3 27706": (54448, 54448, 3)}
_PS = {"python3 27705": (92396, 98540, 4), "python3 27706": (54448, 54448, 4)}
_DOCKER = {"web": (112 * KIB, 118 * KIB, 3), "db": (400 * KIB, 400 * KIB, 3)}
_INFLUX = {"web 4242": (102400, 112640, 6), "db 4300": (409600, 409600, 6)}
_INFLUX_BY_NAME = {"web": (102400, 112640, 6), "db": (409600, 409600, 6)}
_TWO = {"worker 4242": (102400, 112640, 2), "store 4300": (409600, 409600, 2)}
_PSRECORD = {"real": (174315.5, 179435.5, 6)}
_PUBLIC_START = "2026-03-02T09:00:00"
NO_TIMES = "no times in it"

CASES: tuple[tuple[str, str, Expected, str | None], ...] = (
    *((f"pidstat/12.6.1-{way}.txt", "pidstat", _PIDSTAT_OLD, _OLD_START)
      for way in ("r", "H", "I", "TALL", "color", "dec0", "h-ruRdw", "hH-l", "hTALL", "iso")),
    *((f"pidstat/12.8.0-{way}.txt", "pidstat", _PIDSTAT_NEW, _NEW_START)
      for way in ("r", "H", "I", "TALL", "color", "dec0", "h-ruRdw", "hH-l", "hTALL", "iso")),
    ("pidstat/12.6.1-human.txt", "pidstat",
     {"python3 16152": (18 * KIB, 22 * KIB, 3), "python3 16153": (53 * KIB, 53 * KIB, 3)},
     _OLD_START),
    ("pidstat/12.6.1-t.txt", "pidstat", {"python3 16153": (54308, 54308, 2)}, _OLD_START),
    ("pidstat/12.8.0-t.txt", "pidstat", {"python3 27706": (54448, 54448, 2)}, _NEW_START),
    *((f"pidstat/12.8.0-{language}.txt", "pidstat", _IN_LANGUAGES, _LANGUAGES_START)
      for language in ("de_DE", "en_US", "fa_IR", "ja_JP", "ko_KR", "th_TH")),
    ("pidstat/12.8.0.json", "sysstat",
     {"python3 27705": (28720, 32816, 3), "python3 27706": (54448, 54448, 3)},
     "2026-11-29T17:00:33"),
    ("pidstat/12.8.0-TALL.json", "sysstat",
     {"python3 27705": (34864, 36912, 2), "python3 27706": (54448, 54448, 2)},
     "2026-11-29T17:00:36"),
    ("sar/12.8.0-r.txt", "sar", {"memory used": (1129752, 1151396, 4)}, "2026-11-29T17:02:28"),
    ("sar/12.8.0-rALL.txt", "sar", {"memory used": (1129552, 1151396, 4)}, "2026-11-29T17:02:28"),
    ("sar/12.8.0-S.txt", "sar", {"swap used": (0, 0, 3)}, "2026-11-29T17:02:28"),
    ("sar/12.8.0-rSB.txt", "sar", {"memory used": (1129752, 1152220, 3), "swap used": (0, 0, 3)},
     "2026-11-29T17:02:28"),
    ("sar/12.8.0-human.txt", "sar", {"memory used": (1.1 * KIB * KIB, 1.1 * KIB * KIB, 3)},
     "2026-11-29T17:02:28"),
    ("sar/12.6.1-r.txt", "sar", {"memory used": (281432, 269576, 4)}, _SADF_START),
    ("sar/12.6.1-r-de.txt", "sar", {"memory used": (281428, 281228, 3)}, _SADF_START),
    ("sar/12.6.1-r-us.txt", "sar", {"memory used": (281432, 281436, 3)}, _SADF_START),
    ("sar/12.6.1-A.txt.gz", "sar", {"memory used": (281428, 283808, 2), "swap used": (0, 0, 2)},
     _SADF_START),
    ("sadf/12.8.0-d.txt", "sadf", _MACHINE_NEW, _SADF_START),
    ("sadf/12.8.0-x.txt", "sadf", _MACHINE_NEW, _SADF_START),
    ("sadf/12.8.0-j.txt", "sysstat", _MACHINE_NEW, _SADF_START),
    ("sadf/12.8.0-p.txt", "sadf", {"memory used": (622784, 610508, 4)}, _SADF_START),
    ("sadf/12.8.0-xU.txt", "sadf", {"memory used": (622784, 610508, 4)}, _SADF_START),
    ("sadf/12.8.0-dU.txt", "sadf", {"memory used": (622784, 610508, 4)}, _SADF_START),
    ("sadf/12.6.1-d.txt", "sadf", _MACHINE_OLD, _SADF_START),
    ("sadf/12.6.1-x.txt", "sadf", _MACHINE_OLD, _SADF_START),
    ("sadf/12.6.1-j.txt", "sysstat", _MACHINE_OLD, _SADF_START),
    ("top/procps4-b.txt", "top",
     {"python3 27705": (92396, 98540, 4), "python3 27706": (54448, 54448, 4)}, None),
    ("top/procps4-b-c.txt", "top", _TOP, None),
    ("top/procps4-b-de.txt", "top", _TOP, None),
    ("top/procps4-b-em.txt", "top",
     {"python3 27705": (90.2 * KIB, 94.2 * KIB, 3), "python3 27706": (53.2 * KIB, 53.2 * KIB, 3)},
     None),
    ("public/top-procps3.txt", "top",
     {"worker 4242": (102400, 105 * KIB, 2), "java 4300": (1.5 * KIB**2, 1.6 * KIB**2, 2)}, None),
    ("public/top-mac.txt", "top",
     {"Google Chrome He 4242": (100 * KIB, 110 * KIB, 2), "store 4300": (2000, 2000, 2)},
     _PUBLIC_START),
    ("collectl/sZ.txt", "collectl", {"python3 4231": (21 * KIB, 25 * KIB, 3)}, None),
    ("collectl/sm-verbose-T.txt", "collectl",
     {"memory used": (8050 * KIB - 38340 - 2423 * KIB, 8067 * KIB - 38592 - 2426 * KIB, 3),
      "swap used": (0, 0, 3)}, None),
    ("vmstat/s.txt", "vmstat",
     {"memory used": (6405624, 6386176, 3), "swap used": (0, 0, 3)}, "2026-11-29T20:35:50"),
    ("public/victoria-export.csv", "VictoriaMetrics",
     {"process_resident_memory_bytes web:8080": (102400, 112640, 3),
      "process_resident_memory_bytes db:9187": (409600, 409600, 3)}, "2026-03-02T09:00:00"),
    ("ps/date.txt", "ps", _PS, "2026-11-29T17:01:04"),
    ("ps/aux.txt", "ps", _TOP, "2026-11-29T17:01:04"),
    ("ps/header.txt", "ps", _PS, None),
    ("ps/epoch.txt", "ps",
     {**_TOP, "process_api 1": (21892, 21892, 3), "top 28144": (5592, 5600, 3)},
     "2026-11-29T17:01:04"),
    ("free/s.txt", "free", {"memory used": (587920, 625080, 3)}, None),
    ("free/s-h.txt", "free", {"memory used": (571 * KIB, 610 * KIB, 3)}, None),
    ("free/s-w-m.txt", "free", {"memory used": (577 * KIB, 610 * KIB, 3)}, None),
    ("public/free-old.txt", "free",
     {"memory used": (3009176, 3109176, 2), "swap used": (1024, 2048, 2)}, None),
    ("docker/loop.txt", "docker stats", _DOCKER, "2026-11-29T17:12:35"),
    ("docker/prefixed.txt", "docker stats",
     {"web": (142 * KIB, 150 * KIB, 3), "db": (400 * KIB, 400 * KIB, 3)}, "2026-11-29T17:12:50"),
    ("docker/format.csv", "docker stats",
     {"web": (134 * KIB, 140 * KIB, 3), "db": (400 * KIB, 400 * KIB, 3)}, "2026-11-29T17:12:45"),
    ("docker/stream.jsonl", "docker stats",
     {"web": (124 * KIB, 126 * KIB, 4), "db": (400 * KIB, 400 * KIB, 3)}, None),
    ("public/docker-api.jsonl", "docker stats", {"web": (100 * KIB, 105 * KIB, 2)},
     "2026-03-02T09:00:00.123457"),
    ("public/podman-stats.txt", "docker stats",
     {"web": (104.9e6 / KIB, 110.1e6 / KIB, 2), "db": (419.4e6 / KIB, 419.4e6 / KIB, 2)},
     _PUBLIC_START),
    ("public/kubectl-top.txt", "docker stats",
     {"shop web-5d5d7f6b9c-abcde": (102400, 112640, 2), "shop db-0": (409600, 409600, 2)},
     _PUBLIC_START),
    ("glances/stdout.txt", "glances",
     {"mem.used": (974766080 / KIB, 1139101696 / KIB, 4), "memswap.used": (0, 0, 4)}, None),
    ("psrecord/1.1.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.1-children.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.2.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.3.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.4.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.4-io.log", "psrecord", _PSRECORD, None),
    ("psrecord/1.4.csv", "psrecord", {"real": (174316, 179436, 6)}, None),
    ("psrecord/1.4-io.csv", "psrecord", {"real": (174316, 179436, 6)}, None),
    ("mprof/0.61-children.dat", "mprof", {"memory": (1036, 21736, 8)},
     "2026-11-29T17:04:12.830900"),
    ("procpath/1.15.1.sqlite", "Procpath",
     {"process_api 1": (22224, 22224, 4), "python3 31061": (180420, 186564, 4),
      "python3 31062": (54468, 54468, 4)}, "2026-11-29T17:04:12.919290"),
    ("jstat/gc-t.txt", "jstat", {"Java heap": (70103.4, 70553.3, 4)}, None),
    ("jstat/gc-t-h.txt", "jstat", {"Java heap": (109015.4, 148951.9, 5)}, None),
    ("jstat/gc.txt", "jstat", {"Java heap": (116183.4, 66242.0, 4)}, None),
    ("jstat/gcold-t.txt", "jstat", {"old generation": (7268.0, 27213.0, 4)}, None),
    ("jstat/gc-serial.txt", "jstat", {"Java heap": (37480.1, 59277.6, 3)}, None),
    ("java_gc/uptime.log", "Java GC", {"Java heap": (KIB, 40 * KIB, 16)}, None),
    ("java_gc/serial.log", "Java GC", {"Java heap": (KIB, 26 * KIB, 20)}, None),
    ("java_gc/verbose.log", "Java GC", {"Java heap": (KIB, 23 * KIB, 10)}, None),
    ("java_gc/time.log", "Java GC", {"Java heap": (KIB, 25 * KIB, 21)},
     "2026-11-29T17:04:39.005000"),
    ("java_gc/star.log.gz", "Java GC", {"Java heap": (KIB, 23 * KIB, 10)},
     "2026-11-29T17:04:38.742000"),
    ("java_gc/z.log", "Java GC", {"Java heap": (6 * KIB, 40 * KIB, 12)}, None),
    ("public/java8-cms.log", "Java GC", {"Java heap": (8804, 61440, 3)},
     "2026-03-02T08:00:01.100000"),
    ("public/java8-parallel.log", "Java GC", {"Java heap": (12345, 153600, 3)}, None),
    ("public/java8-g1.log", "Java GC", {"Java heap": (4096, 8 * KIB, 3)},
     "2026-03-02T14:00:00.500000"),
    ("public/top-cut.txt", "ps", {"java 16949": (100.5 * KIB, 110.5 * KIB, 2)}, None),
    ("public/top-rows.txt", "ps", {"store 758": (8944, 12112, 3), "store 763": (7408, 7408, 1)},
     None),
    ("public/free-cut.txt", "free", {"memory used": (242762 * KIB, 242764 * KIB, 2)}, None),
    ("public/node4-nvp.txt", "node --trace-gc", {"node 90819": (4096, 5120, 2)}, None),
    ("public/dstat-0.7.3.csv", "dstat", {"memory used": (102400, 112640, 2)}, _PUBLIC_START),
    ("node_gc/20.20.2.txt", "node --trace-gc", {"node 2589": (3.1 * KIB, 26.9 * KIB, 40)}, None),
    ("node_gc/20.20.2-nvp.txt", "node --trace-gc",
     {"node 2584": (3218320 / KIB, 4022792 / KIB, 8)}, None),
    ("go_gc/1.19.8.txt", "gctrace", {"Go heap": (0, 11 * KIB, 40)}, None),
    ("massif/ms.out", "massif", {"heap": (0, 30 * KIB + 240 / KIB, 61)}, None),
    ("massif/ms_print.txt.gz", "massif", {"heap": (0, 30 * KIB + 240 / KIB, 61)}, None),
    ("massif/i.out", "massif", {"heap": (0, 30 * KIB + 240 / KIB, 61)}, None),
    ("memray/flamegraph.html", "memray",
     {"resident set": (45297664 / KIB, 66600960 / KIB, 102), "heap": (0, 21010896 / KIB, 102)},
     "2026-11-29T17:05:05.261000"),
    ("prometheus/matrix.json", "Prometheus",
     {"leaky": (2370940, 2456956, 15), "steady": (108916, 108916, 15)},
     "2026-11-29T17:10:07.772000"),
    ("prometheus/tsdb-dump.txt", "Prometheus", {"leaky": (2358652, 2456956, 17)},
     "2026-11-29T17:10:05.772000"),
    ("prometheus/federate.txt", "Prometheus",
     {"leaky": (2456956, 2456956, 1), "steady": (108916, 108916, 1)}, "2026-11-29T17:10:21.772000"),
    ("prometheus/victoria-export.jsonl", "VictoriaMetrics",
     {"leaky": (2331004, 2453884, 21), "steady": (108916, 108916, 21)},
     "2026-11-29T17:10:01.254000"),
    ("influx/line.txt", "InfluxDB", _INFLUX, "2026-11-29T17:12:49"),
    ("influx/1.6.csv", "InfluxDB", _INFLUX, "2026-11-29T17:12:49"),
    ("influx/1.6-group.csv", "InfluxDB", _INFLUX_BY_NAME, "2026-11-29T17:12:49"),
    ("influx/1.6.json", "InfluxDB", _INFLUX_BY_NAME, "2026-11-29T17:12:49"),
    ("public/influx-annotated.csv", "InfluxDB", _TWO, "2026-03-02T09:00:10"),
    ("public/netdata-ram.csv", "Netdata", {"used": (102400, 122880, 3)}, _PUBLIC_START),
    ("public/netdata-ram.json", "Netdata", {"used": (102400, 122880, 3)}, _PUBLIC_START),
    ("public/netdata-apps.json", "Netdata",
     {"nginx": (102400, 103424, 2), "store": (409600, 409600, 1)}, _PUBLIC_START),
    ("public/dotnet-3.csv", "dotnet-counters",
     {"working set": (1e8 / KIB, 1.2e8 / KIB, 3), "GC heap": (50.5e6 / KIB, 55.5e6 / KIB, 2)},
     _PUBLIC_START),
    ("public/dotnet-9.csv", "dotnet-counters",
     {"working set": (102400, 112640, 2), "GC heap": (31 * KIB, 42 * KIB, 2)}, _PUBLIC_START),
    ("public/dotnet.json", "dotnet-counters",
     {"working set": (1e8 / KIB, 1.1e8 / KIB, 2), "GC heap": (50.5e6 / KIB, 55.5e6 / KIB, 2)},
     _PUBLIC_START),
    ("dstat/dstat-0.8.0.csv", "dstat",
     {"memory used": (570798080 / KIB, 573751296 / KIB, 4), "swap used": (0, 0, 4)},
     "2026-11-29T17:04:17"),
    ("dstat/dool-1.3.4.csv", "dstat",
     {"memory used": (850735104 / KIB, 876584960 / KIB, 4), "swap used": (0, 0, 4)},
     "2026-11-29T17:02:28"),
    ("dstat/dool-T-1.3.4.csv", "dstat", {"memory used": (852492288 / KIB, 877264896 / KIB, 3)},
     "2026-11-29T17:02:28.148000"),
    ("dstat/dool-full-1.3.4.csv", "dstat", {"memory used": (851046400 / KIB, 877305856 / KIB, 3)},
     "2026-11-29T17:02:28"),
    ("atop/P.txt", "atop",
     {"process_api 1": (21960, 21960, 3), "python3 27705": (258224, 262320, 3),
      "python3 27706": (54448, 54448, 3)}, "2026-11-29T17:02:27"),
    ("atop/J.json", "atop",
     {"1": (21960, 21960, 3), "2": (0, 0, 3), "27705": (258224, 262320, 3),
      "27706": (54448, 54448, 3)}, "2026-11-29T17:02:27"),
    ("collectl/P.txt", "collectl", {"memory used": (1098592, 1096764, 3), "swap used": (0, 0, 3)},
     "2026-11-29T17:02:30"),
    ("collectl/PZ.txt", "collectl",
     {"python3 27705": (264444, 268540, 3), "python3 27706": (54448, 54448, 3)},
     "2026-11-29T17:02:30"),
    ("public/below-process.json", "below",
     {"worker 4242": (102400, 112640, 2), "store 4300": (409600, 409600, 1)}, _PUBLIC_START),
)  # fmt: skip
"""The sample, the form, of each series its first and last KiB and how many there are, its start."""

REFUSED = (
    ("pidstat/12.8.0-TCHILD.txt", "has no memory in it; create it with pidstat -r"),
    ("sar/12.8.0-B.txt", "no memory in use in it; create it with sar -r"),
    ("ps/noheader.txt", "rows without headings"),
    ("collectl/scm-T.txt", "is from collectl, but has no memory"),
    ("vmstat/t.txt", "shows free memory"),
    ("vmstat/n.txt", "shows free memory"),
    ("jstat/gcutil-t.txt", "only percentages or capacities"),
    ("jstat/gccapacity-t.txt", "only percentages or capacities"),
    ("java_gc/none.log", "has no times"),
    ("public/node10-verbose.txt", "use --trace-gc"),
    ("public/oom-table.txt", "is not a recording"),
    ("memray/stats.txt", "no memory over time"),
    ("memray/stats.json", "no memory over time"),
)
"""What tells no memory in use over time, and a part of the reason."""


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("name", "form", "expected", "started"), CASES, ids=lambda one: str(one)[:40]
)
def test_a_sample_is_read_as_its_raw_text_says(
    name: str, form: str, expected: Expected, started: str | None
) -> None:
    recording = read_recording(SAMPLES / name)
    assert recording.form == form
    told = {
        track.name: (track.memory[0] / KIB, track.memory[-1] / KIB, len(track.memory))
        for track in recording.tracks
    }
    assert sorted(told) == sorted(expected)
    for name_of_series, values in expected.items():
        assert told[name_of_series] == pytest.approx(values, rel=1e-5, abs=0.06)
    if started not in (None, "*"):
        begun = datetime.fromtimestamp(recording.started_wall_seconds, UTC)
        wanted = datetime.fromisoformat(str(started)).replace(tzinfo=UTC)
        assert begun.timestamp() == pytest.approx(wanted.timestamp(), abs=1e-3)
    assert not [note for note in recording.notes if "were skipped" in note]


@pytest.mark.parametrize("name", [name for name, *_rest in CASES if "sqlite" not in name])
def test_what_breaks_off_anywhere_gives_what_came_before(name: str, tmp_path: Path) -> None:
    """Of every series a stretch of the values, never another value, and no traceback."""
    whole = read_recording(SAMPLES / name)
    known = {
        (track.name, track.kind): [round(value, 3) for value in track.memory]
        for track in whole.tracks
    }
    whole_names = {track.name for track in whole.tracks}
    raw = _raw(SAMPLES / name)
    path = tmp_path / Path(name).name.removesuffix(".gz")
    for cut in random.Random(name).sample(range(1, len(raw)), min(8, len(raw) - 1)):
        path.write_bytes(raw[:cut])
        try:
            part = read_recording(path)
        except RecordingError:
            continue
        for track in part.tracks:
            # Before its programs the machine's memory stands; before one size, another.
            if track.name not in whole_names and track.kind == "resident set":
                # Of what was met last, the name may lack its end, or what tells it from others.
                begun = track.name.removesuffix(f" {track.pid}")
                assert any(name.startswith(begun) for name in whole_names)
                assert len(track.memory) == 1 or track.pid is None
                continue
            if track.kind == "machine" or (track.name, track.kind) not in known:
                assert track.kind in ("machine", "proportional set")
                continue
            values = [round(value, 3) for value in track.memory]
            assert _is_stretch(values, known[track.name, track.kind]), (cut, track.name, values)


def _raw(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def _is_stretch(part: list[float], whole: list[float]) -> bool:
    """Whether `part` stands in `whole` as it is."""
    count = len(part)
    return any(whole[at : at + count] == part for at in range(len(whole) - count + 1))


@pytest.mark.parametrize("name", [name for name, *_rest in (*CASES, *REFUSED)])
def test_whatever_is_changed_never_ends_in_a_traceback(name: str, tmp_path: Path) -> None:
    raw = _raw(SAMPLES / name)
    path = tmp_path / Path(name).name.removesuffix(".gz")
    chance = random.Random(name)
    for _turn in range(6):
        changed = bytearray(raw)
        for _change in range(chance.randint(1, 6)):
            at = chance.randrange(len(changed))
            changed[at : at + chance.choice((0, 1, 1, 9))] = chance.choice(
                (b"", b"\xff", b"\n", b"0", b"9" * 30, b"-", b",", b" ", b"\x1b[", b"NaN", b"\0")
            )
        path.write_bytes(changed)
        try:
            recording = read_recording(path)
        except RecordingError as error:
            assert "\n" not in str(error)
            continue
        assert any(len(track.memory) for track in recording.tracks)


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_what_tells_no_memory_is_refused_with_the_true_reason(name: str, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason):
        read_recording(SAMPLES / name)


def test_a_line_without_the_kind_of_time_that_the_others_have_is_no_moment_of_1970() -> None:
    """Java's log: dates and seconds since the start, of which one line lacks the date."""
    recording = read_recording(SAMPLES / "public" / "java8-mixed.log")
    (heap,) = recording.tracks
    assert [round(size / KIB) for size in heap.memory] == [448 * KIB, 282]
    assert recording.seconds == pytest.approx(0.125)
    assert "were skipped" in recording.notes[0]


@pytest.mark.parametrize(
    ("name", "program", "printed", "series"),
    [
        ("sadf/12.6.1-day", "sadf", "sadf/12.6.1-d.txt", "memory used"),
        ("atop/raw", "atop", "atop/P.txt", "python3 27705"),
    ],
)
def test_a_binary_file_is_read_through_the_program_that_wrote_it(
    name: str, program: str, printed: str, series: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Without the program, the error says what to install; with it, what it prints is read."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecordingError, match=f"install .*{program}|install {program}|whose sadf"):
        read_recording(SAMPLES / name)
    stand_in = tmp_path / program
    stand_in.write_text(f"#!/bin/sh\n/bin/cat '{SAMPLES / printed}'\n")
    stand_in.chmod(0o755)
    recording = read_recording(SAMPLES / name)
    assert series in [track.name for track in recording.tracks]
    stand_in.write_text("#!/bin/sh\necho 'unknown version' >&2; exit 1\n")
    with pytest.raises(RecordingError, match="unknown version"):
        read_recording(SAMPLES / name)


def test_a_program_of_the_last_line_alone_is_read_though_the_line_does_not_end(
    tmp_path: Path,
) -> None:
    text = (SAMPLES / "top" / "procps4-b.txt").read_text().rstrip("\n")
    path = tmp_path / "top.txt"
    path.write_text(
        f"{text}\n  4300 root      20   0   57528   2048   6588 S   0.0   0.2   0:00.35 sh"
    )
    (track,) = [one for one in read_recording(path).tracks if one.pid == 4300]
    assert (track.name, list(track.memory)) == ("sh 4300", [2048 * KIB])


def test_old_sysstat_says_that_caches_were_subtracted(tmp_path: Path) -> None:
    path = tmp_path / "sar.txt"
    path.write_text(
        "Linux 2.6.32 (host) \t03/02/26 \t_x86_64_\t(2 CPU)\n\n"
        "09:00:01    kbmemfree kbmemused  %memused kbbuffers  kbcached  kbcommit   %commit\n"
        "09:10:01      1000000   3000000     75.00    100000    900000   2000000     50.00\n"
    )
    recording = read_recording(path)
    assert list(recording.tracks[0].memory) == [2_000_000 * KIB]
    taken = ("kbmemused-kbbuffers-kbcached", "the machine's memory in use, without caches, in KiB")
    assert recording.taken == (taken,)
    assert "kbcached" not in {one.name for one in recording.left_out}


def test_only_columns_that_are_in_a_log_of_vmstat_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "vmstat.txt"
    text = (SAMPLES / "vmstat" / "n.txt").read_text().splitlines()
    path.write_text(
        "\n".join([*text[:2], " 1  0   2048 100 10 20 0 0 1 1 1 1 1 1 98 0 0 0"]) + "\n"
    )
    recording = read_recording(path)
    assert [one.name for one in recording.left_out] == ["free", "buff", "cache"]


def test_rows_of_processors_without_headings_are_named_as_of_sar(tmp_path: Path) -> None:
    path = tmp_path / "sar.txt"
    path.write_text(
        "10:00:01        all      0.50      0.00      0.30      0.10      0.00     99.10\n" * 3
    )
    with pytest.raises(RecordingError, match="is from sar, but has no memory"):
        read_recording(path)


def test_rows_of_ps_behind_grep_are_read_without_their_heading(tmp_path: Path) -> None:
    path = tmp_path / "ps.txt"
    row = "web   4242  0.{0}  2.1 958720 {0}24000 ?  Ssl  09:00  0:0{0} /usr/bin/node app.js\n"
    path.write_text(
        "".join(f"Mon Mar  2 09:0{at}:00 UTC 2026\n{row.format(at)}" for at in (1, 2, 3))
    )
    (track,) = read_recording(path).tracks
    assert (track.name, list(track.times)) == ("node 4242", [0, 60, 120])
    assert list(track.memory) == [124000 * KIB, 224000 * KIB, 324000 * KIB]


def test_old_vmstat_counts_caches_as_used_which_are_subtracted(tmp_path: Path) -> None:
    path = tmp_path / "vmstat.txt"
    path.write_text(
        "  4000000 K total memory\n  3000000 K used memory\n   900000 K active memory\n"
        "  1000000 K free memory\n   100000 K buffer memory\n   900000 K swap cache\n"
        "  1000000 K total swap\n     2048 K used swap\n   997952 K free swap\n"
    )
    sizes = {track.name: track.memory[0] / KIB for track in read_recording(path).tracks}
    assert sizes == {"memory used": 2_000_000, "swap used": 2048}


def test_sysstat_that_tells_what_is_available_may_still_count_caches_as_used(
    tmp_path: Path,
) -> None:
    """The share tells it: of 11.5 to 11.6 it is what is not free, of all."""
    path = tmp_path / "sar.txt"
    path.write_text(
        "Linux 4.9.0 (host) \t03/02/26 \t_x86_64_\t(2 CPU)\n\n"
        "09:00:01    kbmemfree   kbavail kbmemused  %memused kbbuffers  kbcached\n"
        "09:10:01       999000   1900000   3000000     75.02    100000    900000\n"
        "09:20:01      1000000   1900000   3000000     75.00    100000    900000\n"
    )
    (track,) = read_recording(path).tracks
    assert list(track.memory) == [2_000_000 * KIB] * 2


def test_a_long_line_of_figures_costs_no_time(tmp_path: Path) -> None:
    """A row of free that goes on for long is passed over, not taken apart in all ways."""
    path = tmp_path / "free.txt"
    heading = "             total       used       free     shared    buffers     cached\n"
    row = "Mem:       8009176    6009176    2000000          0     100000    2900000\n"
    path.write_text(heading + row + "Mem: " + "9" * 5000 + "!\n")
    started = time.process_time()
    with pytest.raises(RecordingError):
        read_recording(path)
    assert time.process_time() - started < 1
