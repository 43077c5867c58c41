"""Verdicts on recordings, and what a script gets of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.recording.making import MIB, write_recording
from trayapp.recording.analyze import main

Size = Callable[[float], float]
KIB = 1024


def write(
    path: Path, size: Size, seconds: float = 1800.0, step: float = 1.0, anon: Size | None = None
) -> Path:
    """One process, `size` MiB by seconds since the start."""
    rows = []
    for number in range(int(seconds / step) + 1):
        at = number * step
        anon_bytes = None if anon is None else round(anon(at) * MIB)
        rows.append((at, {7: (round(size(at) * MIB), anon_bytes)}))
    return write_recording(path, rows, interval_seconds=step)


def noisy(at: float) -> float:
    return random.Random(at).gauss(0, 3)


LEAKING: dict[str, Size] = {
    "leak": lambda t: 100 + t * 0.05,
    "leak in noise": lambda t: 100 + t * 0.2 + noisy(t) * 0.1,
    "leak by steps": lambda t: 100 + 5 * (t // 100),
    "leak that began late": lambda t: 100 + max(0, t - 600) * 0.1,
}
HEALTHY: dict[str, Size] = {
    "flat": lambda t: 100,  # noqa: ARG005
    "noise": lambda t: 100 + noisy(t),
    "start": lambda t: 500 * (1 - math.exp(-t / 5)),
    "saw": lambda t: 100 + t % 60,
    "shrinking": lambda t: 500 - t * 0.2,
    "one step": lambda t: 100 if t < 300 else 200,
    "grown and given back": lambda t: 100 + (t if t < 100 else 0),
}
KEYS = {
    "form", "start_bytes", "peak_bytes", "end_bytes", "shown", "judged", "observed_s", "samples",
    "taken", "left_out", "notes", "file", "series", "verdict", "shape", "score",
    "first_growing_s", "first_alert_s",
    "onset_s", "growth_bytes", "slope_bytes_per_s", "eta_s", "evidence",
}  # fmt: skip


def judged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    told = json.loads(capsys.readouterr().out)
    assert all(set(one) == KEYS for one in told)
    return list(told)


@pytest.mark.parametrize("size", LEAKING.values(), ids=LEAKING.keys())
def test_what_leaks(tmp_path: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "r.memrec", size)]) == 1
    shown = capsys.readouterr().out
    assert "leaking" in shown
    assert "It grew by" in shown


@pytest.mark.parametrize("size", HEALTHY.values(), ids=HEALTHY.keys())
def test_what_does_not(tmp_path: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "r.memrec", size)]) == 0
    assert "healthy" in capsys.readouterr().out


def test_ten_minutes_are_not_enough_to_be_sure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cache that fills looks like a leak for so long."""
    path = write(tmp_path / "r.csv", lambda t: 100 + t * 0.2, seconds=600)
    assert main([path], json=True) == 0
    (series,) = judged(capsys)
    assert series["verdict"] == "growing"
    assert series["first_growing_s"] == pytest.approx(330, abs=60)
    assert series["first_alert_s"] is None


def test_a_runaway_at_a_thousand_a_second(tmp_path: Path) -> None:
    path = write(tmp_path / "g.memrec", lambda t: 50 + 2 * t, seconds=200, step=0.01)
    assert main([path]) == 1


def test_a_leak_that_stopped_is_told_with_its_alarm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "r.csv", lambda t: 100 + min(t, 1200) * 0.1)
    assert main([path], json=True) == 1
    (series,) = judged(capsys)
    assert series["verdict"] == "healthy"
    assert series["shape"] == "plateau"
    assert series["first_alert_s"] is not None


def test_growth_is_that_of_anonymous_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is mapped piece by piece is no growth."""
    path = write(tmp_path / "r.memrec", lambda t: 100 + t * 0.1, anon=lambda _: 50)
    assert main([path], json=True) == 0
    assert "anonymous memory" in judged(capsys)[0]["evidence"]
    path = write(tmp_path / "r.memrec", lambda _: 700, anon=lambda t: 50 + t * 0.1)
    assert main([path]) == 1


def test_json_has_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "r.csv", lambda t: 100 + t * 0.1)
    assert main([path], json=True) == 1
    (series,) = judged(capsys)
    assert series["file"] == str(path)
    assert series["series"] == "program 7"
    assert series["verdict"] == "leaking"
    assert series["shape"] == "climb"
    assert series["score"] >= 0.7
    assert series["slope_bytes_per_s"] == pytest.approx(0.1 * MIB, rel=0.01)
    assert series["growth_bytes"] == pytest.approx(0.1 * MIB * (1800 - series["onset_s"]), rel=0.1)
    assert series["first_growing_s"] < series["first_alert_s"] <= 900
    assert series["eta_s"] is None


def test_the_beginning_gives_the_same_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def size(t: float) -> float:
        return 100 + t * 0.1 + 20 * (t % 50) / 50

    main([write(tmp_path / "r.csv", size)], json=True)
    (whole,) = judged(capsys)
    seconds = whole["first_alert_s"]
    main([write(tmp_path / "s.csv", size, seconds=seconds)], json=True)
    (beginning,) = judged(capsys)
    assert beginning["first_alert_s"] == seconds
    assert beginning["verdict"] == "leaking"
    main([write(tmp_path / "s.csv", size, seconds=seconds - 1)], json=True)
    assert judged(capsys)[0]["first_alert_s"] is None


def test_columns_of_one_program_are_one_series(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{t},{100 * MIB - t * 50_000},{t * 50_000},,{t * 1000}" for t in range(1800)]
    path.write_text("\n".join(["t_s,rss_bytes,swap_bytes,uss_bytes,vms_bytes", *rows]) + "\n")
    assert main([path], json=True) == 0
    (series,) = judged(capsys)
    assert series["shape"] == "flat"


def test_what_mprof_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mprofile_20260101.dat"
    rows = [f"MEM {50 + t * 0.05:.6f} {1.7e9 + t:.4f}" for t in range(1800)]
    rows += [f"CHLD 4711 20.000000 {1.7e9 + t:.4f}" for t in range(1800)]
    path.write_text("\n".join(["CMDLINE python x.py", *rows, "FUNC f 1 2", "MEM 50"]) + "\n")
    assert main([path], json=True) == 1
    memory, child = judged(capsys)
    assert memory["verdict"] == "leaking"
    assert memory["slope_bytes_per_s"] == pytest.approx(0.05 * MIB, rel=0.02)
    assert child["verdict"] == "healthy"


def test_what_psrecord_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.txt"
    rows = [f"{t:12.3f} {3.0:12.3f} {50 + t * 0.05:12.3f} {900:12.3f}" for t in range(1800)]
    title = "# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)"
    path.write_text("\n".join([title, *rows, "  1800.0  3"]) + "\n")
    assert main([path], json=True) == 1
    (series,) = judged(capsys)
    assert series["slope_bytes_per_s"] == pytest.approx(0.05 * MIB, rel=0.02)
    assert "resident set" in series["evidence"]


def test_a_gap_is_no_growth(tmp_path: Path) -> None:
    """Nothing is concluded from before the machine slept to after it."""
    path = tmp_path / "r.csv"
    rows = [f"{t},{100 * MIB}" for t in range(300)]
    rows += [f"{t + 40_000},{150 * MIB}" for t in range(300)]
    path.write_text("\n".join(["t_s,rss_bytes", *rows]) + "\n")
    assert main([path]) == 0


def test_unknown_cells_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{t},{'' if t % 3 else (1000 + t) * KIB * 100}" for t in range(1500)]
    path.write_text("\n".join(["time,rss_bytes", *rows]) + "\n")
    assert main([path], json=True) == 1
    (series,) = judged(capsys)
    assert series["slope_bytes_per_s"] == pytest.approx(100 * KIB, rel=0.02)


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "g.memrec", lambda t: 100 + t * 0.1)
    bad = tmp_path / "b.memrec"
    bad.write_bytes(b"\x00" * 100)
    assert main([bad, good]) == 2
    shown = capsys.readouterr()
    assert "leaking" in shown.out
    assert shown.err.count("\n") == 1
    assert main([bad, good], json=True) == 2
    (whole,) = judged(capsys)
    assert whole["verdict"] == "leaking"


@pytest.mark.parametrize("rows", [["1,5"], ["1,5", "1,6"], ["1,5"] * 2000, ["1,5", "2,6", "3,7"]])
def test_hardly_any_samples(
    tmp_path: Path, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("\n".join(["t_s,rss_bytes", *rows]) + "\n")
    assert main([path], json=True) == 4
    assert judged(capsys)[0]["verdict"] == "not enough to judge"
    assert main([path]) == 4
    assert "not enough to judge" in capsys.readouterr().out


def test_what_is_not_judged_has_neither_shape_nor_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was called "flat 0.00" on its way from 4 MiB to 128 MiB."""
    path = tmp_path / "r.csv"
    sizes = "".join(f"{second},{4 if second < 3 else 128}\n" for second in range(100))
    path.write_text("t_s,rss_mib\n" + sizes)
    assert main([path]) == 4
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "128 MiB" in each]
    assert line.split()[-6:] == ["–", "–", "not", "enough", "to", "judge"]


def rows(path: Path, seconds: int, bytes_per_second: float, step: int = 1) -> Path:
    lines = [f"{t},{100 * MIB + t * bytes_per_second:.0f}" for t in range(0, seconds + 1, step)]
    path.write_text("\n".join(["t_s,rss_bytes", *lines]) + "\n")
    return path


def test_too_little_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    """What could not have been called growing yet is not healthy either."""
    assert main([rows(tmp_path / "a.csv", 10, 0)]) == 4
    assert main([rows(tmp_path / "b.csv", 320, 0)]) == 4
    assert main([rows(tmp_path / "c.csv", 340, 0)]) == 0
    assert main([rows(tmp_path / "d.csv", 3000, 1e5, step=300)]) == 4
    long = rows(tmp_path / "e.csv", 900, 0)
    assert main([long], expected_seconds=900) == 0
    assert main([long], expected_seconds=901) == 4


def test_the_worst_of_several_files_is_the_exit_code(tmp_path: Path) -> None:
    short, good = rows(tmp_path / "s.csv", 10, 0), rows(tmp_path / "g.csv", 900, 0)
    leak, bad = rows(tmp_path / "l.csv", 1800, 1e5), tmp_path / "b.csv"
    bad.write_text("hello")
    assert main([good, short]) == 4
    assert main([good, short, leak]) == 1
    assert main([good, short, leak, bad]) == 2


def test_growing_may_fail_too(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", lambda t: 100 + t * 0.2, seconds=600)
    assert main([path]) == 0
    assert main([path], fails_on_growing=True) == 1


def test_sizes_shown_are_resident_sets_though_anonymous_memory_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "r.memrec", lambda _: 700, anon=lambda _: 50)
    assert main([path], json=True) == 0
    (series,) = judged(capsys)
    assert (series["peak_bytes"], series["shown"]) == (700 * MIB, "resident set")
    assert series["judged"] == "anonymous memory"
    main([path])
    shown = capsys.readouterr().out
    assert "700 MiB" in shown
    assert (
        "START, PEAK and END are resident sets; the verdict is based on anonymous memory" in shown
    )


def test_names_that_begin_alike_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    start = "a_very_long_name_of_a_service_in_production"
    titles = [f"{start}.{name}.rss_mb" for name in ("web", "db")]
    path.write_text("\n".join([f"t_s,{','.join(titles)}", "1,1,2", "2,1,2"]) + "\n")
    main([path])
    lines = capsys.readouterr().out.splitlines()
    assert any("web" in line and "1.00 MiB" in line for line in lines)
    assert any("db" in line and "2.00 MiB" in line for line in lines)


def test_too_few_samples_are_said_to_be_too_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half an hour is long enough: what lacks is not time."""
    main([write(tmp_path / "few.memrec", lambda t: 100, step=300.0)])  # noqa: ARG005
    printed = capsys.readouterr().out
    assert "It has 7 samples; judging growth takes 16." in printed
    assert "growth shows after" not in printed
