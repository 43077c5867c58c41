"""What modules note about themselves: where it goes, and what it takes to note something."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from trayapp.log import Log, hear_libraries, write_to


@pytest.fixture
def lines() -> list[str]:
    written: list[str] = []
    write_to(written.append)
    return written


def test_warnings_and_errors_are_written_and_less_is_not(lines: list[str]) -> None:
    log = Log("some.module")
    log.debug("too much")
    log.info("too %s", "much")
    log.warning("%d of %s", 3, "them")
    log.error("100 %")
    assert lines == ["WARNING:some.module:3 of them", "ERROR:some.module:100 %"]


def test_an_error_is_written_with_its_traceback(lines: list[str]) -> None:
    log = Log("some.module")
    try:
        raise KeyError("lost")
    except KeyError as error:
        log.exception("it failed")
        kept = error
    log.error("so it did: %s", kept, exc_info=kept)
    for line, text in zip(lines, ("it failed", "so it did: 'lost'"), strict=True):
        assert line.startswith(f"ERROR:some.module:{text}\nTraceback (most recent call last):\n")
        assert line.endswith("KeyError: 'lost'\n")


def test_who_cannot_note_goes_on() -> None:
    def fail(_line: str) -> None:
        raise MemoryError

    write_to(fail)
    Log("some.module").error("not %s enough", "much")
    Log("some.module").error("%d", "no number")


def test_what_libraries_warn_of_is_written_too() -> None:
    code = (
        "from trayapp.log import hear_libraries, write_to; write_to(print); import logging;"
        "hear_libraries(); hear_libraries(); logging.getLogger('a.library').warning('%d left', 3);"
        "logging.getLogger('a.library').info('all well')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("WARNING:a.library:3 left\n", "")


def test_without_an_applet_it_is_for_logging_to_show(caplog: pytest.LogCaptureFixture) -> None:
    hear_libraries()
    with caplog.at_level(logging.INFO):
        Log("some.module").debug("too much")
        Log("some.module").info("%d of %s", 3, "them")
    assert caplog.record_tuples == [("some.module", logging.INFO, "3 of them")]


def test_nothing_is_loaded_before_there_is_something_to_note() -> None:
    code = (
        "import sys; from trayapp.log import Log; log = Log('some.module'); log.info('nothing');"
        "print('logging' in sys.modules); log.warning('something'); print('logging' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("False\nTrue\n", "something\n")
