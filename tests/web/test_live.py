"""The live view: a whole state first, then small changes, for viewers of every kind."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

import pytest

from tests.web.serving import PATIENCE_SECONDS, Served, WebSocketClient, serving, settled


def test_the_first_message_is_everything_and_the_next_what_changed(served: Served) -> None:
    with WebSocketClient(served) as viewer:
        state = viewer.next()
        while not state.get("system"):
            state = viewer.next()
        assert state["type"] == "state"
        assert state["role"] == "full"
        assert list(state["rows"]) == state["order"]
        assert state["system"]["used_bytes"] > 0
        assert state["points"]["times"][-1] == state["taken_at"]
        assert state["points"]["curves"]["system"][-1] == state["system"]["used_bytes"]
        update = viewer.next()
        while update["type"] != "update":
            update = viewer.next()
        assert update["sequence"] > state["sequence"]
        assert update["taken_at"] > state["taken_at"]
        # Only what has changed; the size of the machine has not.
    assert "total_bytes" not in update.get("system", {})


def test_server_sent_events_are_the_same_messages(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/events", headers=served.bearer)
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = [answer.readline() for _ in range(4)]
    connection.close()
    assert lines[0].startswith(b"id: ")
    assert lines[1] == b"event: state\n"
    assert lines[2].startswith(b'data: {"type":"state"')


def test_a_viewer_from_before_the_clock_was_set_back_gets_all_points_anew(served: Served) -> None:
    with WebSocketClient(served, "/ws?since=90000000000") as viewer:
        state = viewer.next()
        while not state.get("system"):
            state = viewer.next()
    assert state["points_since"] is None
    assert state["points"]["times"][-1] == state["taken_at"]


@pytest.mark.skipif(
    not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the kernel would keep what is not sent"
)
def test_a_slow_viewer_gets_the_newest_state_and_no_queue(tmp_path: Path) -> None:
    with serving(tmp_path / "home", interval="0.2s") as served:
        settled(served)
        with (
            WebSocketClient(served, room_bytes=2048) as slow,
            WebSocketClient(served) as quick,
        ):
            while not (state := slow.next()).get("system"):
                pass
            newest = state["sequence"]
            while newest < state["sequence"] + 80:
                newest = max(newest, quick.next().get("sequence", 0))
            waiting = [slow.next()]
            while waiting[-1]["type"] != "state":
                waiting.append(slow.next())
    assert len(waiting) < 60
    assert waiting[-1]["sequence"] >= newest
