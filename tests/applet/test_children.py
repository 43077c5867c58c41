"""Windows in child processes: who asked for them pays for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from trayapp.applet.children import Children
from trayapp.readers.own_cost import RequestedWork


@pytest.mark.skipif(sys.platform == "win32", reason="the system adds up no children's time")
def test_what_a_window_has_cost_is_known_when_it_has_ended(tmp_path: Path) -> None:
    requested, failures = RequestedWork(), list[str]()
    children = Children(tmp_path, failures.append, requested)
    children.open("autostart", "status")
    (pid,) = requested.children

    def has_ended() -> bool:
        children.reap()
        return pid not in requested.children

    wait_until(has_ended, 60, what="end")
    assert requested.child_seconds > 0
    assert failures == []
