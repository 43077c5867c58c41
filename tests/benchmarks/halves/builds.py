"""Two builds, each from its wheel in an environment of its own, and figures of both."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[3]
ELSEWHERE = "/"
"""Where all is run: Python imports from where it is started before anything that is installed."""


class Build(NamedTuple):
    """One build, installed."""

    name: str
    python: Path

    def command(self, *arguments: str) -> tuple[str, ...]:
        """`memtray ARGUMENTS` of this build."""
        return (str(self.python), "-m", "trayapp", *arguments)

    def run_script(self, script: str, *arguments: str) -> str:
        """What a script prints that imports this build. Raises: CalledProcessError."""
        command = (str(self.python), "-c", script, *arguments)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ELSEWHERE)
        return done.stdout


class Spent(NamedTuple):
    """What a command took, by the kernel's account of it and its children that ended."""

    cpu_seconds: float
    peak_bytes: int


class Row(NamedTuple):
    """One line of the table: the same figure of both builds, run by run."""

    what: str
    figures: Sequence[Sequence[float]]
    """Those of the other build, then those of this one."""
    aim: float
    """The ratio that is to be reached."""

    def __str__(self) -> str:
        before, now = self.figures
        ratio = median(now) / median(before)
        reached = "reached" if ratio <= self.aim else "missed"
        return (
            f"| {self.what} | {spread(before)} | {spread(now)}"
            f" | {ratio:.2f} | {self.aim:.2f} | {reached} |"
        )


def spread(figures: Sequence[float]) -> str:
    """Median and range."""
    return f"{median(figures):.3g} ({min(figures):.3g} to {max(figures):.3g})"


def installed(wheel: Path, folder: Path, name: str) -> Build:
    """Install a wheel with what its windows and workbooks need. Raises: CalledProcessError."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = (str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    subprocess.run((*pip, f"{wheel}[charts,export]", "matplotlib", "XlsxWriter"), check=True)
    return Build(name, python)


def built_here(folder: Path) -> Path:
    """Make the wheel of this checkout. Raises: CalledProcessError."""
    pip = (sys.executable, "-m", "pip", "wheel", "-qq", "--disable-pip-version-check")
    subprocess.run((*pip, "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY)), check=True)
    return next(folder.glob("memtray-*.whl"))


def spent_by(command: Sequence[str], env: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end, whatever it says."""
    with subprocess.Popen(
        command,
        env=None if env is None else {**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ELSEWHERE,
    ) as child:
        _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):  # 1: something grows
        raise subprocess.CalledProcessError(child.returncode, command)
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
