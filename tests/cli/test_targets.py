"""`memtray targets list` and `test`, and the doctor, with real processes."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_main import REPOSITORY, Memtray
from tests.readers.children import eventually, running
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
        assert memtray.run("targets").stdout.splitlines() == listed
        named = [["good", "slip"]] * 3
        ways = (("targets",), ("targets", "list"), ("targets", "--json", "list"))
        assert [[each["name"] for each in memtray.json(*way)] for way in ways] == named
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
        ((), "NAME of a tracked program, or one of --match TEXT, --regex RE"),
        (("a", "--match", "b"), "NAME of a tracked program"),
        (("nobody",), "no tracked program is called nobody"),
        (("--regex", "("), "is not a regular expression"),
        (("--regex", r"(a+)+\1"), "could take forever"),
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


MINE = """# my file
[sampling]
interval = "1s"   # quick

[[targets]]
name = "first"    # the old one
match = "old"
"""


def test_targets_are_added_and_removed_and_remarks_stay(memtray: Memtray) -> None:
    file = memtray.home / "memtray.toml"
    file.write_text(MINE)
    assert memtray.run("targets", "add", "web", "--unit", "nginx.service").returncode == 0
    assert memtray.json("targets", "add", "db", "--container", "pg", "--limit", "20%") == {
        "name": "db"
    }
    assert memtray.run("targets", "add", "top", "--exe", "/bin/top", "--first").returncode == 0
    listed = memtray.json("targets", "list")
    assert [each["name"] for each in listed] == ["top", "first", "web", "db"]
    assert [(each["exe"], each["unit"], each["container"]) for each in listed] == [
        ("/bin/top", None, None), (None, None, None), (None, "nginx.service", None),
        (None, None, "pg"),
    ]  # fmt: skip
    for name in ("top", "web", "db"):
        assert memtray.run("targets", "remove", name).returncode == 0
    assert "".join(file.read_text().split()) == "".join(MINE.split())


@pytest.mark.skipif(sys.platform != "linux", reason="groups of Linux")
def test_processes_are_found_by_group_user_and_file(memtray: Memtray) -> None:
    added = ("targets", "add", "jobs", "--cgroup", "/sys/fs/cgroup/jobs")
    assert memtray.run(*added).returncode == 0
    assert memtray.run("targets", "add", "mine", "--user", str(os.getuid())).returncode == 0
    listed = {each["name"]: each for each in memtray.json("targets", "list")}
    assert listed["jobs"]["cgroup"] == "/sys/fs/cgroup/jobs"
    assert listed["mine"]["user"] == str(os.getuid())
    with running("sleep", "600") as child:
        program = str(Path(f"/proc/{child.pid}/exe").readlink())
        for rule in (("--user", getpass.getuser()), ("--exe", program)):
            found = memtray.json("targets", "test", *rule)
            assert child.pid in {each["pid"] for each in found["matches"]}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("add", "x"), "which processes?"),
        (("add", "x", "--match", "a", "--exe", "b"), "which processes?"),
        (("add", "first", "--match", "a"), "is tracked already"),
        (("add", "x", "--regex", "("), "is not a regular expression"),
        (("add", "x", "--match", " "), "would match every process"),
        (("add", "x", "--match", "a", "--limit", "much"), '--limit: targets.limit = "much" is not'),
        (("add", "x", "--match", "a", "--limit", "0"), '"1%" to "100%" of memory'),
        (("add", "x", "--pid", "999999999"), "there is no process"),
        (("add", "system", "--match", "a"), "system"),
        (("add", "x", "--cgroup", "/"), "would match every process"),
        (("add", "x", "--cgroup", "/sys/fs/cgroup"), "would match every process"),
        (("add", "x", "--cgroup", "/a/../b"), "is not a path of a control group"),
        (("add", "x", "--user", ""), "would match every process"),
        (("remove", "nobody"), "no tracked program is called nobody; `memtray targets list`"),
    ],
)
def test_what_cannot_be_changed_leaves_the_file(
    memtray: Memtray, arguments: tuple[str, ...], error: str
) -> None:
    file = memtray.home / "memtray.toml"
    file.write_text(MINE)
    done = memtray.run("targets", *arguments)
    if arguments[1] == "system":  # such a name gets a number, as from the menu
        assert (done.returncode, "system (2)" in file.read_text()) == (0, True)
        return
    assert done.returncode == 2, done.stderr
    assert error in done.stderr.splitlines()[-1]
    assert file.read_text() == MINE


def test_a_running_applet_tracks_what_is_added_until_it_is_removed(
    memtray: Memtray, tmp_path: Path
) -> None:
    (memtray.home / "memtray.toml").write_text('[sampling]\ninterval = "30s"\n')
    applet = memtray.start("start", "--headless")

    def names() -> list[str]:
        return [target["name"] for target in memtray.json("status")["targets"]]

    try:
        with program(tmp_path) as pid:
            added = memtray.run("targets", "add", "mine", "--pid", str(pid), "--limit", "500M")
            assert (added.returncode, added.stdout) == (0, "mine is tracked from now on.\n")
            assert names() == ["mine"]
            assert memtray.json("status")["targets"][0]["pids"] == [pid]
            assert memtray.run("targets", "remove", "mine").returncode == 0
            assert names() == []
    finally:
        applet.terminate()
        applet.communicate(timeout=10)


def test_an_applet_writes_a_log_for_each_target_as_the_settings_say(
    memtray: Memtray, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    (memtray.home / "memtray.toml").write_text(
        f'[log]\nenabled = true\nfolder = "{logs}"\ninterval = "1s"\ntargets = ["a/b"]\n'
        f'[[targets]]\nname = "a/b"\nmatch = "{NAME}"\n'
        '[[targets]]\nname = "other"\nmatch = "trayapp"\n'
    )
    with program(tmp_path) as pid:
        applet = memtray.start("start", "--headless")
        try:
            eventually(lambda: sum(1 for _ in logs.glob("a_b-*/memory_*.log")))
            (file,) = logs.glob("*/memory_*.log")
            eventually(lambda: file.read_text().count("--- [-]") > 1)
        finally:
            applet.terminate()
            applet.communicate(timeout=10)
    first = file.read_text().splitlines()[0]
    assert first[20:].startswith(f"=== LOG OPENED [a/b] | PID: {pid} | UTC")
    found = memtray.json("log", "analyze", str(file))
    assert (found["other_lines"], found["tasks"]) == (0, [])
    assert found["mean_bytes"] > 1_000_000
