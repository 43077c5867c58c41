"""`memtray targets list` and `test`, and the doctor, with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_main import REPOSITORY, Memtray
from tests.readers.children import running
from trayapp.domain.grouping.targets import TargetRule
from trayapp.readers.frames import MachineReader

NAME = f"memtray_matching_{os.getpid()}.py"
CODE = "print(flush=True)\ninput()\n"


@contextmanager
def program(folder: Path, name: str = NAME) -> Iterator[int]:
    file = folder / name
    file.write_text(CODE)
    with running(sys.executable, str(file)) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        yield child.pid


@pytest.fixture
def memtray(tmp_path: Path) -> Memtray:
    return Memtray(tmp_path / "home")


def test_a_rule_is_tried_out_without_an_applet(memtray: Memtray, tmp_path: Path) -> None:
    with program(tmp_path) as pid:
        found = memtray.run("targets", "test", "--match", NAME)
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout.startswith("1 process matches:\n")
        assert str(pid) in found.stdout
        told = memtray.json("targets", "test", "--regex", rf"{NAME[:-3]}\.py$")
        assert [each["pid"] for each in told["matches"]] == [pid]
        slip = NAME.replace("matching", "macthing")
        missed = memtray.run("targets", "test", "--match", slip)
        assert missed.returncode == 1
        assert "no running process matches; most similar: " in missed.stdout
        assert f"(pid {pid})" in missed.stdout


def test_the_shell_that_asks_is_no_match(memtray: Memtray) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    text = f"only_in_the_question_{os.getpid()}"
    command = f"{sys.executable} -m trayapp targets test --match {text}; exit $?"
    found = subprocess.run(
        [shell, "-c", command],
        env=memtray.env, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert found.stdout.strip() == "no running process matches"


def test_targets_are_listed_with_what_they_find(memtray: Memtray, tmp_path: Path) -> None:
    slip = NAME.replace("matching", "macthing")
    (memtray.home / "memtray.toml").write_text(
        f'[[targets]]\nname = "good"\nmatch = "{NAME}"\n'
        f'[[targets]]\nname = "slip"\nmatch = "{slip}"\n'
    )
    with program(tmp_path) as pid:
        listed = memtray.run("targets", "list").stdout.splitlines()
        assert listed[0].endswith(": 1 process")
        assert listed[1].startswith("slip")
        assert f"(pid {pid})" in listed[1]
        told = memtray.run("targets", "test", "good")
        assert (told.returncode, told.stdout.split()[0]) == (0, "1")
        taken = memtray.run("targets", "test", "--match", "memtray_matching")
        assert "(belongs to good)" in taken.stdout
        checks = memtray.json("doctor")
        texts = [each["text"] for each in checks if each["check"] == "targets"]
        assert len(texts) == 1
        assert texts[0].startswith("slip: no running process matches; most similar: ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "NAME of a tracked program, --match TEXT or --regex RE"),
        (("a", "--match", "b"), "NAME of a tracked program"),
        (("nobody",), "no tracked program is called nobody"),
        (("--regex", "("), "is not a regular expression"),
        (("--regex", r"(a+)+\1"), "could search forever"),
        (("--match", ""), "would match every process"),
    ],
)
def test_what_cannot_be_tested_is_said_in_one_line(
    memtray: Memtray, arguments: tuple[str, ...], error: str
) -> None:
    found = memtray.run("targets", "test", *arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert error in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_the_reader_tells_a_target_that_has_matched_nothing_for_a_minute(tmp_path: Path) -> None:
    slip = TargetRule(name="slip", match=NAME.replace("matching", "macthing"))
    with program(tmp_path) as pid:
        machine = MachineReader([slip], os.getpid() + 1_000_000)
        try:
            for second in (0.0, 59.0):
                (sample,) = machine.read_frame(second, 1.0, with_groups=False).targets
                assert sample.unmatched is None
            (sample,) = machine.read_frame(60.0, 1.0, with_groups=False).targets
        finally:
            machine.close()
    assert sample.unmatched is not None
    assert sample.unmatched.nearest is not None
    assert sample.unmatched.nearest.key.pid == pid
