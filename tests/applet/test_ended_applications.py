"""An application that a person has ended, in what windows are told right after it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import EATER, Memtray
from tests.desktop.desktop import wait_until
from tests.readers.children import typed_into_a_shell
from trayapp.control.client import call

NAME = "ended_eater.py"
SETTINGS = '[sampling]\ninterval = "0.2s"\napplications = "60s"\n'
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts sessions and shells")


def test_an_application_that_was_ended_is_not_told_of_until_the_next_slow_reading(
    tmp_path: Path,
) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    (tmp_path / NAME).write_text(EATER)

    def ask(verb: str, **arguments: object) -> Any:
        return call(memtray.home / "run", verb, arguments, 60.0)

    def followed() -> bool:
        return any(row["name"] == NAME for row in ask("table")["rows"])

    def listed() -> bool:
        # Asking for the status reads every process.
        told = json.loads(memtray.run("status", "--json").stdout)
        return any(each["name"] == NAME for each in told["applications"]) and followed()

    with typed_into_a_shell(sys.executable, str(tmp_path / NAME)):
        applet = memtray.start("start", "--headless")
        try:
            wait_until(listed, timeout=60, what="the application")
            about = {"kind": "application", "name": NAME}
            found = ask("program", **about)["processes"]
            pairs = [[each["pid"], each["started"]] for each in found]
            ask("end", **about, processes=pairs)
            wait_until(
                lambda: ask("running", processes=pairs) == {"processes": []},
                timeout=20,
                what="its end",
            )
            wait_until(lambda: not followed(), timeout=30, what="a table without it")
        finally:
            applet.terminate()
            applet.communicate(timeout=20)
