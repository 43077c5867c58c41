"""Every line of `SINKS` leads to a file that opens what the line promises."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trayapp.delivery.sinks import SINKS, DesktopSink, SinkKind, Surroundings, TransitionSink
from trayapp.paths import Paths
from trayapp.settings.records import Settings


@pytest.mark.parametrize("kind", SINKS, ids=lambda kind: kind.name)
def test_each_sink_opens_as_its_line_says(kind: SinkKind, tmp_path: Path) -> None:
    if kind.name == "freedesktop" and sys.platform != "linux":
        pytest.skip("needs jeepney")
    here = Surroundings(
        paths=Paths(config=tmp_path, data=tmp_path, runtime=tmp_path),
        icon_notify=lambda _title, _text: None,
        start_delivery=lambda _channel: pytest.fail("nothing waits"),
    )
    sink = kind.open(here)
    if kind.hears == "desktop":
        assert isinstance(sink, DesktopSink)
        sink.close()
    elif kind.hears != "banners":
        assert isinstance(sink, TransitionSink)
        sink.follow(Settings())
        sink.tick()
        sink.close()
    assert callable(sink.send)


def test_what_nobody_asked_for_is_not_wanted(tmp_path: Path) -> None:
    here = Surroundings(paths=Paths(config=tmp_path, data=tmp_path, runtime=tmp_path))
    wanted = {kind.name for kind in SINKS if kind.is_wanted(here)}
    assert not wanted & {"tray_icon", "json_lines", "journal", "remote"}
    (tmp_path / "outbox").mkdir()
    assert {kind.name for kind in SINKS if kind.is_wanted(replace(here))} - wanted == {"remote"}
