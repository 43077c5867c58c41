"""What the icon shows, by the settings; and being told of colours that cannot be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls, View
from trayapp.domain.records.colors import contrast, luminance, parse_color, with_luminance
from trayapp.domain.showing.icon import PANEL_COLORS, color_problems, icon_picture
from trayapp.domain.showing.menu import PALETTE_NAMES
from trayapp.domain.showing.tray import tooltip, tray_state
from trayapp.settings.records import IconSettings

colors = st.tuples(*(st.integers(0, 255),) * 3)


def view_of(*stalls: float | None, used_share: float = 0.5) -> View:
    """A machine whose programs wait so much, second by second, with the target "app"."""
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="app", match="a"),), stall_percent=10))
    for second, stall in enumerate(stalls or (None,)):
        look = frame(second, target("app", 100), used_share=used_share)
        view = monitor.judge_frame(
            replace(look, system=replace(look.system, stall_full_percent=stall)), Quiet()
        ).view
    return view


def application(name: str, size_bytes: int) -> ApplicationView:
    return ApplicationView(
        name=name, pids=(1,), rss_bytes=size_bytes, bars=(None,) * 9 + (float(size_bytes),)
    )


def newest(view: View | None, controls: Controls) -> tuple[int | None, int | None]:
    """Height of the newest bar, and the number."""
    picture = icon_picture(view, replace(controls, icon_number="under"))
    assert len(picture.heights) == 10
    return picture.heights[-1], picture.percent


def test_before_the_first_sample_nothing_is_known() -> None:
    for shown in ("system", "pressure", "largest", "memtray", "app"):
        assert newest(None, Controls(icon_shows=shown)) == (None, None)


def test_the_machine_is_shown_as_its_share_in_use() -> None:
    assert newest(view_of(used_share=0.25), Controls()) == (25, 25)


def bars_of(*shares: float, **chosen: str) -> tuple[int | None, ...]:
    bars = tuple(share * view_of().system.total_bytes for share in shares)
    view = replace(view_of(), system_bars=bars)
    return icon_picture(view, Controls(**chosen)).heights  # type: ignore[arg-type]


def test_a_range_shows_small_changes_which_the_whole_does_not() -> None:
    small = (0.050, 0.050, 0.051, 0.052, 0.052, 0.053, 0.053, 0.054, 0.055, 0.056)
    whole, zoomed = bars_of(*small), bars_of(*small, icon_scale="range")
    assert len(set(whole)) <= 2
    assert (zoomed[0], zoomed[-1]) == (0, 100)
    assert list(zoomed) == sorted(zoomed, key=lambda height: height or 0)
    # What stands still is not blown up: it is neither full nor empty.
    assert set(bars_of(*[0.05] * 10, icon_scale="range")) == {50}


def test_less_than_can_be_seen_is_no_other_picture() -> None:
    """No more than 33 heights, none of them off by more than a pixel; full is full."""
    shares = [each / 1000 for each in range(1001)]
    view, total_bytes = view_of(), view_of().system.total_bytes
    heights: list[int] = []
    for start in range(0, 1000, 10):
        bars = tuple(share * total_bytes for share in shares[start : start + 10])
        found = icon_picture(replace(view, system_bars=bars), Controls()).heights
        heights += [height for height in found if height is not None]
    assert all(
        abs(height - 100 * share) <= 3 for height, share in zip(heights, shares, strict=False)
    )
    assert len(set(heights)) == 33
    assert (heights[0], heights[-1]) == (0, 100)


def test_pressure_fills_the_height_when_it_is_an_emergency_and_the_number_is_the_stall() -> None:
    controls = Controls(icon_shows="pressure")
    assert newest(view_of(10.0), controls) == (25, 10)
    assert newest(view_of(40.0), controls) == (100, 40)
    assert newest(view_of(90.0), controls) == (100, 90)
    assert newest(view_of(0.0, used_share=0.9), controls) == (0, 0)


def test_where_the_kernel_tells_no_stalls_pressure_is_what_is_in_use() -> None:
    assert newest(view_of(None, used_share=0.75), Controls(icon_shows="pressure")) == (75, 75)


def test_remembered_stalls_fill_the_bars_of_pressure() -> None:
    monitor = Monitor(MonitorRules(stall_percent=10))
    fresh = monitor.judge_frame(frame(0), Quiet()).view
    assert fresh.pressure_bars[:9] == (None,) * 9
    remembering = Monitor(MonitorRules(stall_percent=10))
    stalls = next(
        series
        for series, _ in Monitor(MonitorRules())
        .judge_frame(replace(frame(0), system=view_of(5.0).system), Quiet())
        .values
        if series.metric == "stall_full_percent"
    )
    remembering.preload_bars({stalls: [None, 20.0, 80.0]})
    bars = remembering.judge_frame(frame(0), Quiet()).view.pressure_bars
    assert bars[6:9] == (None, 0.5, 1.0)


def test_the_largest_is_the_largest_of_targets_and_applications() -> None:
    view = view_of()
    half = view.system.total_bytes // 2
    controls = Controls(icon_shows="largest")
    only_target = newest(view, controls)
    assert only_target == newest(view, Controls(icon_shows="app"))
    with_larger = replace(view, applications=(application("b", half), application("c", MIB)))
    assert newest(with_larger, controls) == (50, 50)
    with_smaller = replace(view, applications=(application("c", MIB),))
    assert newest(with_smaller, controls) == only_target
    nothing_known = replace(view, targets=())
    assert newest(nothing_known, controls) == newest(view, Controls())


def test_memtray_is_shown_by_how_it_moves_and_its_share_of_memory() -> None:
    view = view_of()
    share = (view.app.rss_bytes or 0) / view.system.total_bytes
    assert newest(view, Controls(icon_shows="memtray")) == (50, round(100 * share))


def test_a_target_is_numbered_by_its_limit_and_has_no_number_when_it_does_not_run() -> None:
    (app,) = view_of().targets
    limited = replace(app, limit_share=0.42)
    gone = replace(app, pids=(), rss_bytes=None, limit_share=None)
    for one, percent in ((limited, 42), (gone, None)):
        view = replace(view_of(), targets=(one,))
        assert newest(view, Controls(icon_shows="app"))[1] == percent


def test_without_a_number_a_figure_that_moves_is_the_same_picture() -> None:
    one, other = (view_of(used_share=share) for share in (0.401, 0.409))
    assert icon_picture(one, Controls()) == icon_picture(one, Controls())
    assert icon_picture(one, Controls()).percent is None
    other = replace(other, system_bars=one.system_bars)
    assert icon_picture(one, Controls()) == icon_picture(other, Controls())


def test_a_number_beside_the_icon_is_text_and_leaves_the_picture_alone() -> None:
    view, beside = view_of(used_share=0.25), Controls(icon_number="beside")
    assert tray_state(view, beside).text == "25%"
    assert icon_picture(view, beside) == icon_picture(view, Controls())
    for controls in (Controls(), Controls(icon_number="under"), replace(beside, paused=True)):
        assert tray_state(view, controls).text == ""
    assert tray_state(None, beside).text == ""


def test_custom_colours_belong_to_the_custom_palette_alone() -> None:
    for palette in PALETTE_NAMES:
        picture = icon_picture(None, Controls(icon_palette=palette, icon_colors=((1, 2, 3),) * 4))
        assert picture.colors == (((1, 2, 3),) * 4 if palette == "custom" else ())


def test_the_colours_to_start_from_can_be_seen_on_every_panel() -> None:
    assert color_problems("custom", IconSettings().colors, "auto") == ()


def test_the_colour_that_is_hardest_to_see_is_named_in_one_line() -> None:
    chosen = IconSettings(warning_color=(0xFF, 0xFF, 0), normal_color=(0xFF, 0xA0, 0)).colors
    assert color_problems("custom", chosen, "auto") == (
        'icon.warning_color = "#ffff00" is hard to see on a light panel: contrast 1.0, at least 3 '
        "is needed.",
    )
    assert color_problems("custom", chosen, "light") == color_problems("custom", chosen, "auto")
    assert color_problems("custom", chosen, "dark") == ()
    assert color_problems("safe", chosen, "auto") == ()


@given(colors)
def test_no_colour_of_less_than_three_to_one_passes(color: tuple[int, int, int]) -> None:
    told = color_problems("custom", (color,) * 4, "auto")
    seen = min(contrast(color, panel) for panel in PANEL_COLORS.values())
    assert bool(told) == (seen < 3)


@given(colors, st.floats(0.01, 0.95))
def test_a_colour_of_another_luminance_has_it(color: tuple[int, int, int], wanted: float) -> None:
    """Within what whole numbers of red, green and blue allow."""
    assert luminance(with_luminance(color, wanted)) == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "123456", "#１23456"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        parse_color(text)


def test_the_tooltip_begins_with_what_the_icon_shows() -> None:
    view = view_of(12.0)
    large = replace(view, applications=(application("big", view.system.total_bytes // 2),))
    for shown, seen, expected in (
        ("pressure", view, "Programs stalled on memory 12% of the time"),
        ("pressure", view_of(None), "Memory 50%"),
        ("largest", view, "app: 100 MiB RSS"),
        ("largest", large, "big  ·········"),
    ):
        assert tooltip(seen, Controls(icon_shows=shown)).startswith(expected)
