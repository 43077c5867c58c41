"""In which login session a process runs."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.readers.login_session import login_session

FACTS = ProcessFacts(key=ProcessKey(7, 1), parent_pid=1, name="panel")
USER = "/user.slice/user-1000.slice"


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        (f"{USER}/session-2.scope", "session-2.scope"),
        (f"{USER}/session-c4.scope/inner", "session-c4.scope"),
        (f"{USER}/user@1000.service/app.slice/app-panel.scope", None),
        ("/system.slice/cron.service", "audit 5"),
        (None, "audit 5"),
    ],
)
def test_the_control_group_says_so_and_else_the_audit_system(
    tmp_path: Path, cgroup: str | None, expected: str | None
) -> None:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "sessionid").write_text("5")
    assert login_session(replace(FACTS, cgroup=cgroup), str(tmp_path)) == expected


@pytest.mark.parametrize("text", ["4294967295", "", "many"])
def test_a_session_that_is_not_set_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "7" / "sessionid").write_text(text)
    assert login_session(FACTS, str(tmp_path)) is None
    assert login_session(FACTS, str(tmp_path / "nowhere")) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_both_of_two_processes_of_this_session_are_in_one() -> None:
    pair = [replace(FACTS, key=ProcessKey(pid, 1)) for pid in (os.getpid(), os.getppid())]
    assert len({login_session(each) for each in pair}) == 1
