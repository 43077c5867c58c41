"""Verdicts on recordings, and what a script gets of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recording.making import MIB, write_recording
from trayapp.recording.analyze import main

Size = Callable[[float], float]
KIB = 1024


def write(
    path: Path, size: Size, seconds: float = 600.0, step: float = 1.0, anon: Size | None = None
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


GROWING: dict[str, Size] = {
    "leak": lambda t: 100 + t * 0.05,
    "leak in noise": lambda t: 100 + t * 0.2 + noisy(t) * 0.1,
    "leak by steps": lambda t: 100 + 5 * (t // 20),
    "leak that began late": lambda t: 100 + max(0, t - 200) * 0.1,
}
HEALTHY: dict[str, Size] = {
    "flat": lambda t: 100,  # noqa: ARG005
    "noise": lambda t: 100 + noisy(t),
    "start": lambda t: 500 * (1 - math.exp(-t / 5)),
    "saw": lambda t: 100 + t % 60,
    "shrinking": lambda t: 500 - t * 0.3,
    "one step": lambda t: 100 if t < 300 else 200,
    "grown and given back": lambda t: 100 + (t if t < 400 else 0),
}


@pytest.mark.parametrize("size", GROWING.values(), ids=GROWING.keys())
def test_what_grows(tmp_path: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "r.memrec", size)]) == 1
    assert "growing" in capsys.readouterr().out


@pytest.mark.parametrize("size", HEALTHY.values(), ids=HEALTHY.keys())
def test_what_does_not(tmp_path: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "r.memrec", size)]) == 0
    assert "healthy" in capsys.readouterr().out


def test_ten_seconds_at_a_thousand_a_second(tmp_path: Path) -> None:
    growing = write(tmp_path / "g.memrec", lambda t: 50 + t, seconds=10, step=0.001)
    loading = write(tmp_path / "l.memrec", lambda t: min(50 + 100 * t, 300), seconds=10, step=0.001)
    assert main([growing]) == 1
    assert main([loading]) == 0


def test_too_short_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "r.csv", lambda t: 50 + 100 * t, seconds=2, step=0.01)
    assert main([path], json=True) == 0
    (series,) = json.loads(capsys.readouterr().out)["files"][0]["series"]
    assert series["verdict"] is None
    assert series["slope_bytes_per_second"] == pytest.approx(100 * MIB, rel=0.01)


def test_growth_is_that_of_anonymous_memory(tmp_path: Path) -> None:
    """A file that is mapped piece by piece is no growth."""
    path = write(tmp_path / "r.memrec", lambda t: 100 + t, anon=lambda _: 50)
    assert main([path]) == 0
    path = write(tmp_path / "r.memrec", lambda _: 700, anon=lambda t: 50 + t)
    assert main([path]) == 1


def test_json_has_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "r.csv", lambda t: 100 + t * 0.5)
    assert main([path], json=True) == 1
    told = json.loads(capsys.readouterr().out)
    (file,) = told["files"]
    assert file["file"] == str(path)
    (series,) = file["series"]
    assert series["name"] == "program 7"
    assert series["verdict"] == "growing"
    assert series["slope_bytes_per_second"] == pytest.approx(0.5 * MIB, rel=0.01)
    assert series["growth_bytes"] == 300 * MIB
    assert series["peak_bytes"] == 400 * MIB
    assert series["seconds"] == pytest.approx(600)
    assert series["samples"] == 601


def test_a_gap_is_no_growth(tmp_path: Path) -> None:
    """Nothing is concluded from before the machine slept to after it."""
    path = tmp_path / "r.csv"
    rows = [f"{t},{100 * MIB}" for t in range(300)]
    rows += [f"{t + 40_000},{150 * MIB}" for t in range(300)]
    path.write_text("\n".join(["t_s,rss_bytes", *rows]) + "\n")
    assert main([path]) == 0


def test_unknown_cells_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{t},{'' if t % 3 else (100 + t) * KIB * 10}" for t in range(300)]
    path.write_text("\n".join(["time,rss_bytes", *rows]) + "\n")
    assert main([path], json=True) == 1
    (series,) = json.loads(capsys.readouterr().out)["files"][0]["series"]
    assert series["samples"] == 100


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "g.memrec", lambda t: 100 + t)
    bad = tmp_path / "b.memrec"
    bad.write_bytes(b"\x00" * 100)
    assert main([bad, good]) == 2
    shown = capsys.readouterr()
    assert "growing" in shown.out
    assert shown.err.count("\n") == 1
    assert main([bad, good], json=True) == 2
    broken, whole = json.loads(capsys.readouterr().out)["files"]
    assert "error" in broken
    assert whole["series"][0]["verdict"] == "growing"


@pytest.mark.parametrize(
    "rows", [["1,5"], ["1,5", "1,6"], ["1,"], ["1,5"] * 2000, ["1,5", "2,6", "3,7"]]
)
def test_hardly_any_samples(tmp_path: Path, rows: list[str]) -> None:
    path = tmp_path / "r.csv"
    path.write_text("\n".join(["t_s,rss_bytes", *rows]) + "\n")
    assert main([path]) == 0
