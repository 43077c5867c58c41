"""Which program a name given to `memtray details` means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from trayapp.cli.program_kinds import choose_kind
from trayapp.errors import UsageError


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Memtray]:
    memtray = Memtray(tmp_path / "home")
    settings = '[[targets]]\nname = "webserver"\nmatch = "nothing runs by this name"\n'
    (memtray.home / "memtray.toml").write_text(settings)
    process = memtray.start("start", "--headless")
    yield memtray
    process.terminate()
    process.communicate(timeout=20)


def test_a_tracked_program_comes_before_an_application_of_its_name() -> None:
    assert choose_kind("web", ["web"], ["web", "mail"]) == "target"
    assert choose_kind("mail", ["web"], ["web", "mail"]) == "application"


def test_a_name_that_nobody_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'firefox'"):
        choose_kind("firefix", ["web"], ["firefox"])
    with pytest.raises(UsageError) as refused:
        choose_kind("zzz", ["web"], ["firefox"])
    assert "Did you mean" not in str(refused.value)


def test_details_of_an_unknown_name_are_one_line_and_no_window(running: Memtray) -> None:
    done = running.run("details", "webserfer")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "'webserver'" in done.stderr
