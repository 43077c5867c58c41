"""Which incidents share a banner: a moment never takes the place of what goes on."""

from __future__ import annotations

from trayapp.applet.banners import banner_key
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.records.levels import Level


def key(incident: str, about: str) -> str:
    return banner_key(
        Incident(
            key=incident,
            subject="web",
            about=about,
            level=Level.CRITICAL,
            title="",
            body="",
            since_wall_seconds=0.0,
        )
    )


def test_a_kill_or_a_jump_replaces_no_leak_that_goes_on() -> None:
    leak = key("leak:web", "target:web")
    assert key("oom:web:7", "target:web") != leak
    assert key("spike:web", "target:web") != leak
    assert key("oom:system:", "system") != key("pressure", "system")
    assert key("limit:web", "target:web") == leak, "what is related shares one"


def test_two_programs_of_one_name_have_banners_of_their_own() -> None:
    tracked = key("leak:web", "target:web")
    assert key("leak-of-application:web", "application:program:web") != tracked
