"""The icon: ten even bars, whose level can be told without colour, on any panel."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.tray.colors import SIGHTS, contrast, difference
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import DRAWN_NUMBERS, PALETTE_NAMES, PANEL_NAMES, IconPicture
from trayapp.tray.drawing import (
    BAR_COUNT,
    draw_argb,
    draw_icon,
    draw_template,
    layout,
    pillow_core,
)
from trayapp.tray.gallery import CUSTOM_COLORS, DRAWN_PX
from trayapp.tray.palettes import OTHER_TRACK_OPACITY, TRACK, TRACK_OPACITY, tones_of

SIZES_PX = (*DRAWN_PX, 28, 56, 88)
SIZES_WITH_GAPS_PX = tuple(size for size in SIZES_PX if size >= 19)
PANELS = ((0xFF, 0xFF, 0xFF), (0xF2, 0xF2, 0xF2), (0x20, 0x20, 0x20), (0x2B, 0x2B, 0x2B))
STAIRS = tuple(range(10, 110, 10))
NOTHING = (None,) * 10
LOOKS = [
    *(
        IconPicture(heights=STAIRS, level=level, palette=palette, colors=CUSTOM_COLORS)
        for palette in PALETTE_NAMES
        for level in Level
    ),
    IconPicture(heights=STAIRS, paused=True),
]
KNOWN_PANELS = {"light": PANELS[1], "dark": PANELS[3]}

Rgba = tuple[int, int, int, int]


def name_of(look: IconPicture) -> str:
    return "paused" if look.paused else f"{look.palette}-{look.level.label}"


def pixel(image: Image.Image, x: int, y: int) -> Rgba:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    red, green, blue, alpha = found
    return int(red), int(green), int(blue), int(alpha)


def on_panel(color: Rgba, panel: tuple[int, int, int]) -> tuple[int, int, int]:
    """What a panel of one colour makes of a pixel."""
    red, green, blue = (
        round(behind + (own - behind) * color[3] / 255)
        for own, behind in zip(color[:3], panel, strict=True)
    )
    return red, green, blue


def drawn(image: Image.Image) -> Image.Image:
    """How opaque each pixel is, the tracks left out."""
    return image.getchannel("A").point(lambda alpha: alpha if alpha == 255 else 0)


def runs(row: list[Rgba]) -> list[tuple[Rgba, int]]:
    """Stretches of equal pixels, each with its length."""
    return [(value, len(list(group))) for value, group in itertools.groupby(row)]


def bar_row(image: Image.Image, size_px: int) -> list[Rgba]:
    """The row just above the baseline."""
    y = size_px - layout(size_px).line - 1
    return [pixel(image, x, y) for x in range(size_px)]


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_every_picture_is_square_with_alpha(size_px: int) -> None:
    for look in LOOKS:
        image = draw_icon(look, size_px)
        assert (image.mode, image.size) == ("RGBA", (size_px, size_px))


@pytest.mark.parametrize("size_px", SIZES_WITH_GAPS_PX)
@pytest.mark.parametrize("level", [Level.NORMAL, Level.WARNING, Level.CRITICAL])
def test_ten_bars_of_one_width_with_gaps_of_one_width(size_px: int, level: Level) -> None:
    """In pixels: alternately bars and gaps, nothing half transparent."""
    image = draw_icon(IconPicture(heights=(50,) * 10, level=level), size_px)
    found = runs(bar_row(image, size_px))
    inside = found[1:] if found[0][0][3] == 0 else found
    inside = inside[:-1] if inside[-1][0][3] == 0 else inside
    bars, gaps = inside[0::2], inside[1::2]
    assert len(bars) == BAR_COUNT
    assert {value[3] for value, _ in bars} == {255}
    assert {value[3] for value, _ in gaps} == {0}
    assert len({length for _, length in bars}) == len({length for _, length in gaps}) == 1


@pytest.mark.parametrize("size_px", SIZES_WITH_GAPS_PX)
def test_emergency_has_ten_white_bars_on_a_plate(size_px: int) -> None:
    image = draw_icon(IconPicture(heights=(50,) * 10, level=Level.EMERGENCY), size_px)
    plate = pixel(image, 0, 0)
    y = size_px - 2 * layout(size_px).line - 1
    found = [run for run in runs([pixel(image, x, y) for x in range(size_px)]) if run[0] != plate]
    assert len(found) == BAR_COUNT
    assert len({length for _, length in found}) == 1


@pytest.mark.parametrize("size_px", [16, 18])
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("palette", PALETTE_NAMES)
def test_without_room_for_gaps_neighbours_differ_in_tone(
    size_px: int, level: Level, palette: str
) -> None:
    look = IconPicture((100,) * 10, level, palette=palette, colors=CUSTOM_COLORS)
    image = draw_icon(look, size_px)
    grid = layout(size_px)
    y = size_px // 2
    bars = [pixel(image, grid.column(index), y) for index in range(BAR_COUNT)]
    assert all(one != other for one, other in itertools.pairwise(bars))


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_bars_fill_the_picture_but_never_leave_it(size_px: int) -> None:
    grid = layout(size_px)
    assert grid.left >= 0
    assert grid.left + grid.width <= size_px
    assert grid.column(BAR_COUNT - 1) + grid.bar == grid.left + grid.width
    assert grid.width >= 0.55 * size_px
    assert (grid.gap > 0) == (size_px >= 19)


@pytest.mark.parametrize("size_px", [38, 44, 48, 64, 88, 128])
def test_a_hidpi_picture_is_the_small_one_twice_as_large(size_px: int) -> None:
    assert layout(size_px) == tuple(2 * length for length in layout(size_px // 2))


@pytest.mark.parametrize("size_px", [44, 48, 64, 88])
def test_bars_that_a_host_shrinks_to_half_stay_sharp(size_px: int) -> None:
    """In both directions; only the warning's triangle gets smooth edges."""
    for look in LOOKS:
        if look.level is not Level.WARNING:
            large, small = (draw_icon(look, size) for size in (size_px, size_px // 2))
            # Averages of what is half transparent are rounded.
            large = Image.composite(large, Image.new("RGBA", large.size), drawn(large))
            shrunk = large.resize(small.size, Image.Resampling.BOX)
            assert {
                pixel(shrunk, x, y) for x in range(small.width) for y in range(small.width)
            } <= {pixel(large, x, y) for x in range(size_px) for y in range(size_px)}


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_heights_are_heights(size_px: int) -> None:
    """100 reaches the top, more is not more, higher is never lower, and equal steps are equal."""
    grid = layout(size_px)

    def tall(height: int) -> int:
        image = draw_icon(IconPicture(heights=(*NOTHING[:4], height, *NOTHING[:5])), size_px)
        x = grid.column(4)
        return sum(pixel(image, x, y)[3] == 255 for y in range(size_px)) - grid.line

    found = [tall(height) for height in (0, 1, 10, 25, 50, 75, 99, 100)]
    assert found == sorted(found)
    assert size_px / 8 <= found[0] <= size_px / 5
    assert found[-1] == tall(250) == size_px - grid.line
    assert abs(found[4] - (found[0] + found[-1]) / 2) <= grid.unit


LOW_TO_HIGH = (0, 3, 5, 30, 70, 95)
MARKED = [IconPicture(NOTHING, level) for level in Level if level is not Level.EMERGENCY]


@pytest.mark.parametrize("size_px", SIZES_PX)
@pytest.mark.parametrize("panel", KNOWN_PANELS)
@pytest.mark.parametrize("percent", LOW_TO_HIGH)
def test_ten_bars_are_seen_at_any_level_on_light_and_dark_panels(
    size_px: int, panel: str, percent: int
) -> None:
    """Each at least an eighth high, at 2.2:1 or more to its track, which is the whole height.

    Bars with gaps have 3:1, and 1.5:1 from track to panel; without gaps it is 1.5:1 between two.
    """
    grid, behind = layout(size_px), KNOWN_PANELS[panel]
    for look in MARKED:
        image = draw_icon(replace(look, heights=(percent,) * 10, panel=panel), size_px)
        middles = [grid.column(index) + grid.bar // 2 for index in range(BAR_COUNT)]
        floor = size_px - grid.line - 1
        bars = [on_panel(pixel(image, x, floor), behind) for x in middles]
        low = floor - (-(-size_px // 8) - 1)
        assert bars == [on_panel(pixel(image, x, low), behind) for x in middles]
        top = 0 if look.level is Level.NORMAL else size_px * 3 // 16 + 2 * grid.line
        tracks = [on_panel(pixel(image, x, top), behind) for x in middles]
        if tracks[0] == bars[0]:
            continue  # So high that the tracks are full.
        for bar, track in zip(bars, tracks, strict=True):
            assert contrast(bar, track) >= (3 if grid.gap else 2.2)
            assert contrast(track, behind) >= (1.5 if grid.gap else 1.25)
        if grid.gap:
            gaps = [grid.column(index) - 1 for index in range(1, BAR_COUNT)]
            assert {pixel(image, x, floor)[3] for x in gaps} == {0}
        else:
            assert all(contrast(*pair) >= 1.5 for pair in itertools.pairwise(bars[:-1]))
            assert all(contrast(*pair) >= 1.15 for pair in itertools.pairwise(tracks))


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_tracks_are_seen_on_panels_that_nobody_knows(size_px: int) -> None:
    """Every second one at 1.5:1, the others too where there are gaps; bars at 1.75:1 to them."""
    grid = layout(size_px)
    image = draw_icon(IconPicture((0,) * 10), size_px)
    for panel in PANELS:
        for index in range(0, BAR_COUNT, 1 if grid.gap else 2):
            x = grid.column(index)
            track, bar = (on_panel(pixel(image, x, y), panel) for y in (0, size_px - 2))
            assert contrast(track, panel) >= 1.5
            assert contrast(bar, track) >= 1.75


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_the_newest_bar_has_a_tone_of_its_own(size_px: int) -> None:
    for look in LOOKS:
        image = draw_icon(replace(look, heights=(100,) * 10, paused=False), size_px)
        grid = layout(size_px)
        bars = [pixel(image, grid.column(index), size_px // 2) for index in range(BAR_COUNT)]
        assert bars[-1] not in bars[:-1]


@pytest.mark.parametrize("size_px", SIZES_WITH_GAPS_PX)
def test_the_newest_bar_can_be_told_without_tones(size_px: int) -> None:
    """The baseline ends before it."""
    grid = layout(size_px)
    for look in LOOKS:
        image = draw_icon(look, size_px)
        background = (0, 0, 0, 0)
        y = size_px - 1
        if look.level is Level.EMERGENCY and not look.paused:
            background, y = pixel(image, 0, 0), y - grid.line
        row = [pixel(image, x, y) for x in range(grid.left, grid.left + grid.width)]
        lengths = [length for value, length in runs(row) if value != background]
        assert lengths == [grid.width - grid.bar - grid.gap, grid.bar]


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_an_empty_history_is_not_an_empty_icon(size_px: int) -> None:
    """And what is unknown has no bar, not even the least, only a track."""
    image = draw_icon(IconPicture(heights=NOTHING), size_px)
    grid = layout(size_px)
    right = grid.left + grid.width
    assert drawn(image).getbbox() == (grid.left, size_px - grid.line, right, size_px)
    assert image.getbbox() == (grid.left, 0, right, size_px)


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_without_colour_each_look_has_a_form_of_its_own(size_px: int) -> None:
    """The alpha masks alone differ, by at least a fortieth of the picture, whatever the data."""
    for heights in (STAIRS, NOTHING, (100,) * 10, (60,) * 10):
        looks = [
            *(IconPicture(heights=heights, level=level) for level in Level),
            IconPicture(heights=heights, paused=True),
        ]
        masks = [draw_icon(look, size_px).getchannel("A").tobytes() for look in looks]
        for one, other in itertools.combinations(masks, 2):
            differing = sum(a != b for a, b in zip(one, other, strict=True))
            assert differing >= size_px * size_px / 40


@pytest.mark.parametrize("look", LOOKS, ids=name_of)
def test_everything_drawn_stands_out_from_light_and_dark_panels(look: IconPicture) -> None:
    for size_px in (16, 22, 32):
        image = draw_icon(look, size_px)
        found = {pixel(image, x, y) for x in range(size_px) for y in range(size_px)}
        colors = {(red, green, blue) for red, green, blue, alpha in found if alpha == 255}
        if look.level is Level.EMERGENCY and not look.paused:
            plate = pixel(image, 0, 0)[:3]
            assert min(contrast(plate, color) for color in colors - {plate}) >= 3
            colors = {plate}
        assert min(contrast(color, panel) for color in colors for panel in PANELS) >= 3


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_safe_palette_keeps_levels_apart_for_every_sight(sight: str) -> None:
    """By the newest bar at least 35, by the others 40; a difference is just seen from 2.3 on."""
    levels = [tones_of(IconPicture(NOTHING, level, palette="safe")) for level in Level]
    for one, other in itertools.combinations(levels, 2):
        assert difference(one.newest, other.newest, sight) >= 35
        if not other.plate:
            assert difference(one.older, other.older, sight) >= 40
    for tones in levels:
        assert difference(tones.older, tones.newest, sight) >= 9
        assert tones.plate is None or difference(tones.plate, tones.newest, sight) >= 40


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("panel", KNOWN_PANELS)
def test_on_a_known_panel_the_safe_palette_keeps_levels_apart_as_well(
    sight: str, panel: str
) -> None:
    levels = [tones_of(IconPicture(NOTHING, level, palette="safe", panel=panel)) for level in Level]
    for one, other in itertools.combinations(levels, 2):
        assert difference(one.newest, other.newest, sight) >= 15
        if not other.plate:
            assert difference(one.older, other.older, sight) >= 34


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("panel", ["auto", *KNOWN_PANELS])
def test_in_no_palette_of_colours_do_two_levels_look_the_same(sight: str, panel: str) -> None:
    """Not even to those for whom there is a safer one; and each level has a form of its own."""
    levels = [tones_of(IconPicture(NOTHING, level, panel=panel)) for level in Level]
    for one, other in itertools.combinations(levels, 2):
        assert difference(one.plate or one.older, other.newest, sight) >= 5
        assert difference(one.newest, other.newest, sight) >= 5


@pytest.mark.parametrize("palette", ["default", "safe", "mono"])
@pytest.mark.parametrize("panel", KNOWN_PANELS)
@pytest.mark.parametrize("paused", [False, True])
def test_on_a_known_panel_everything_stands_out_at_four_and_a_half_to_one(
    palette: str, panel: str, *, paused: bool
) -> None:
    """And, as panels are at times of another colour than the desktop says, at 2:1 on the other."""
    other = KNOWN_PANELS["dark" if panel == "light" else "light"]
    for level in (Level.NORMAL, Level.WARNING, Level.CRITICAL):
        look = IconPicture(STAIRS, level, palette=palette, panel=panel, paused=paused)
        for color in tones_of(look)._replace(older_other=(0, 0, 0), plate=None):
            if color in (None, (0, 0, 0)):
                continue
            assert contrast(color, KNOWN_PANELS[panel]) >= 4.5
            assert contrast(color, other) >= 2


def test_colours_of_the_persons_own_are_used_as_they_are_on_any_panel() -> None:
    for panel in ("auto", *KNOWN_PANELS):
        for level, color in zip(Level, CUSTOM_COLORS, strict=True):
            look = IconPicture(
                (100,) * 10, level, palette="custom", colors=CUSTOM_COLORS, panel=panel
            )
            image = draw_icon(look, 32)
            assert pixel(image, 0 if level is Level.EMERGENCY else 2, 20)[:3] == color


@given(st.tuples(*(st.integers(0, 255),) * 3))
def test_whatever_colour_is_chosen_an_emergency_can_be_read(color: tuple[int, int, int]) -> None:
    tones = tones_of(IconPicture(STAIRS, Level.EMERGENCY, palette="custom", colors=(color,) * 4))
    assert contrast(tones.newest, color) >= 3
    assert contrast(tones.older, color) >= 3


def test_the_mono_palette_has_no_colours() -> None:
    for level in Level:
        image = draw_icon(IconPicture(STAIRS, level, palette="mono"), 32)
        red, green, blue, _ = image.split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_a_template_is_black_alone_and_what_stands_on_a_plate_is_cut_out(size_px: int) -> None:
    for level in Level:
        look = IconPicture(STAIRS, level, palette="mono")
        image = draw_template(look, size_px)
        black = Image.new("L", image.size, 0).tobytes()
        assert all(channel.tobytes() == black for channel in image.split()[:3])
        opaque = image.getchannel("A").point(lambda value: 255 if value > 127 else 0)
        shown = drawn(draw_icon(look, size_px))
        usual = draw_icon(look, size_px)
        if level is Level.EMERGENCY:
            plate = pixel(usual, 0, 0)
            for x, y in itertools.product(range(size_px), repeat=2):
                assert (pixel(usual, x, y) == plate) == (opaque.getpixel((x, y)) == 255)
        else:
            assert opaque.tobytes() == shown.tobytes()


@given(
    size_px=st.integers(10, 192),
    heights=st.tuples(*(st.none() | st.integers(0, 100),) * 10),
    level=st.sampled_from(Level),
    palette=st.sampled_from(PALETTE_NAMES),
    panel=st.sampled_from(PANEL_NAMES),
    place=st.sampled_from(("off", *DRAWN_NUMBERS)),
    percent=st.none() | st.integers(0, 150),
    paused=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_shown_is_whole_pixels_of_the_palettes_tones(
    size_px: int, heights: tuple[int | None, ...], paused: bool, **options: Any
) -> None:
    """At every size there is, and never more than that: nothing blurred, mixed or outside."""
    options |= {"number_place": options.pop("place")}
    look = IconPicture(heights=heights, paused=paused, colors=CUSTOM_COLORS, **options)
    image = draw_icon(look, size_px)
    assert image.size == (size_px, size_px)
    found = {color for _, color in image.getcolors(maxcolors=64) or ()}
    tracks = {(*TRACK, TRACK_OPACITY), (*TRACK, OTHER_TRACK_OPACITY)}
    assert found <= {(0, 0, 0, 0), *tracks, *((*tone, 255) for tone in tones_of(look) if tone)}
    assert image.getchannel("A").getbbox() is not None
    grid = layout(size_px)
    assert grid.width <= size_px
    assert grid.width >= 0.55 * size_px


NUMBERED = [IconPicture(STAIRS, level, percent=88, number_place="instead") for level in Level] + [
    IconPicture(STAIRS, level, percent=88, number_place="under") for level in Level
]


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_numbers_are_even_strokes_that_leave_marks_their_room(size_px: int) -> None:
    for look in NUMBERED:
        if look.number_place == "under" and size_px < 20:
            continue
        plain = draw_icon(replace(look, number_place="off", heights=NOTHING), size_px)
        image = draw_icon(replace(look, heights=NOTHING), size_px)
        ink = (*tones_of(look).older, 255)
        ground = pixel(plain, 0, 0) if look.level is Level.EMERGENCY else (0, 0, 0, 0)
        rows = [runs([pixel(image, x, y) for x in range(size_px)]) for y in range(size_px)]
        # Across the lower half of an 8 there are two strokes, each as thick as the gap between two.
        shapes = [[length for value, length in row if value == ink] for row in rows]
        walls = [shape for shape in shapes if len(shape) == 4]
        assert walls, (size_px, look)
        assert {length for shape in walls for length in shape} == {walls[0][0]}
        marks = size_px * 3 // 16 if look.level in (Level.WARNING, Level.CRITICAL) else 0
        for y in range(marks):
            assert rows[y] == runs([pixel(plain, x, y) for x in range(size_px)])
        assert ground in {value for row in rows for value, _ in row}


@pytest.mark.parametrize("size_px", SIZES_PX)
@pytest.mark.parametrize("place", ["under", "instead"])
def test_every_number_is_another_picture(size_px: int, place: str) -> None:
    """From 0 to 99, and two dashes for what is unknown; what is more than 99 is 99."""
    look = IconPicture(STAIRS, number_place=place)
    numbers = [*range(100), None]
    drawn = [draw_icon(replace(look, percent=number), size_px).tobytes() for number in numbers]
    assert len(set(drawn)) == (1 if place == "under" and size_px < 20 else len(numbers))
    assert draw_icon(replace(look, percent=250), size_px).tobytes() == drawn[99]


@pytest.mark.parametrize("size_px", [16, 18])
def test_where_a_number_cannot_be_read_under_the_bars_there_are_only_bars(size_px: int) -> None:
    look = IconPicture(STAIRS, percent=42, number_place="under")
    assert draw_icon(look, size_px) == draw_icon(replace(look, number_place="off"), size_px)


@pytest.mark.parametrize("size_px", SIZES_WITH_GAPS_PX)
def test_bars_over_a_number_are_the_same_bars_but_lower(size_px: int) -> None:
    """Ten, even, on a baseline, and with an end of their own for the newest."""
    if size_px < 20:
        return
    image = draw_icon(IconPicture((100,) * 10, percent=0, number_place="under"), size_px)
    found = [run for run in runs([pixel(image, x, 1) for x in range(size_px)]) if run[0][3]]
    assert [length for _, length in found] == [layout(size_px).bar] * BAR_COUNT
    higher = draw_icon(IconPicture((100,) * 10), size_px)
    assert [pixel(image, x, 1) for x in range(size_px)] == [
        pixel(higher, x, 1) for x in range(size_px)
    ]


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_argb_is_the_same_picture_in_network_byte_order(size_px: int) -> None:
    for look in LOOKS:
        rgba = draw_icon(look, size_px).tobytes()
        (argb,) = draw_argb(look, [size_px])
        assert len(argb) == 4 * size_px * size_px
        assert (argb[0::4], argb[1::4], argb[2::4], argb[3::4]) == (
            rgba[3::4],
            rgba[0::4],
            rgba[1::4],
            rgba[2::4],
        )


@pytest.mark.parametrize("look", LOOKS, ids=name_of)
@pytest.mark.parametrize("place", ["off", *DRAWN_NUMBERS])
def test_several_sizes_at_once_are_the_pictures_of_each_size(look: IconPicture, place: str) -> None:
    sizes = (16, 22, 24, 32, 44, 48, 64, 88)
    look = replace(look, number_place=place, percent=42)
    assert draw_argb(look, sizes) == [draw_argb(look, [size])[0] for size in sizes]


def test_without_the_core_that_is_known_pillow_draws_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pillow_core() is not None
    expected = [draw_argb(look, [16, 22, 32, 44]) for look in LOOKS]
    whole = draw_icon(LOOKS[0], 48).tobytes()
    monkeypatch.setitem(sys.modules, "PIL._imaging", ModuleType("PIL._imaging"))
    monkeypatch.setattr(PIL, "_imaging", sys.modules["PIL._imaging"])
    pillow_core.cache_clear()
    try:
        assert pillow_core() is None
        assert [draw_argb(look, [16, 22, 32, 44]) for look in LOOKS] == expected
        assert draw_icon(LOOKS[0], 48).tobytes() == whole
    finally:
        pillow_core.cache_clear()
