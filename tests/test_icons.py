"""The files in `icons/` are what the script that draws them makes."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.tray.colors import contrast

ROOT = Path(__file__).parent.parent
ICONS = ROOT / "icons"
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "packaging" / "draw_icons.py"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("icons")
    SCRIPT["write_icons"](folder)
    return Path(folder)


def pictures(file: Path) -> dict[str, bytes]:
    """The pixels of each picture in a file, by its size: packers differ, pixels do not."""
    with Image.open(file) as opened:
        image: Any = opened
        if image.format == "ICO":
            found = [image.ico.getimage(size) for size in sorted(image.ico.sizes())]
        elif image.format == "ICNS":
            found = [image.icns.getimage(size) for size in image.icns.itersizes()]
        else:
            found = [image.copy()]
        return {str(one.size): one.convert("RGBA").tobytes() for one in found}


def test_every_file_is_there_and_no_other(made: Path) -> None:
    assert {file.name for file in ICONS.iterdir()} == {file.name for file in made.iterdir()}


def test_every_file_shows_what_the_script_draws(made: Path) -> None:
    for file in made.iterdir():
        if file.suffix == ".svg":
            assert file.read_text("utf-8") == (ICONS / file.name).read_text("utf-8")
        else:
            assert pictures(file) == pictures(ICONS / file.name)


@pytest.mark.parametrize(
    ("name", "sizes_px"),
    [
        ("memtray.ico", (16, 20, 24, 32, 40, 48, 64, 128, 256)),
        ("memtray.icns", (32, 64, 128, 256, 512, 1024)),
    ],
)
def test_a_file_of_many_sizes_has_each_drawn_for_itself(
    name: str, sizes_px: tuple[int, ...]
) -> None:
    found = pictures(ICONS / name)
    assert set(found) == {f"({size}, {size})" for size in sizes_px}
    for size, pixels in found.items():
        size_px = int(size.partition(",")[0][1:])
        assert pixels == SCRIPT["as_image"](size_px).tobytes()


@pytest.mark.parametrize("size_px", [16, 20, 22, 24, 32, 40, 48, 64, 128, 256, 512, 1024])
def test_bars_are_even_symmetrical_and_on_the_module_each_above_a_contact(size_px: int) -> None:
    bars, contacts = SCRIPT["bars"](size_px), SCRIPT["contacts"](size_px)
    assert {bar.width for bar in bars} == {bars[0].width}
    gaps = {right.x - left.x - left.width for left, right in itertools.pairwise(bars)}
    assert len(gaps) == 1
    assert gaps.pop() >= 1
    assert bars[0].x == size_px - bars[-1].x - bars[-1].width > 0
    assert min(bar.y for bar in bars) > 0
    base = SCRIPT["baseline"](size_px)
    assert base.y + base.height < SCRIPT["module_height"](size_px)
    for bar, contact in zip(bars, contacts, strict=True):
        assert (bar.x, bar.width) == (contact.x, contact.width)
        assert contact.y + contact.height == size_px


@pytest.mark.parametrize("size_px", [16, 24, 48])
def test_the_mark_can_be_seen_on_light_and_on_dark(size_px: int) -> None:
    """Its module at 3:1 somewhere and 1.5:1 everywhere, as desktops are of any colour."""
    image = SCRIPT["as_image"](size_px)
    rows = range(size_px // 5, SCRIPT["module_height"](size_px) - size_px // 5)
    sides = [image.getpixel((0, y))[:3] for y in rows]
    for panel in ((0xF6, 0xF6, 0xF6), (0x2B, 0x2B, 0x2B)):
        found = [contrast(side, panel) for side in sides]
        assert max(found) >= 3
        assert min(found) >= 1.5


def test_the_symbolic_mark_is_shape_alone() -> None:
    """One colour, no tile, whole pixels: desktops replace the colour by that of their text."""
    root = ElementTree.fromstring((ICONS / "memtray-symbolic.svg").read_text("utf-8"))  # noqa: S314
    rects = root.findall("{http://www.w3.org/2000/svg}rect")
    assert {rect.get("fill") for rect in rects} == {"#2e3436"}
    assert len(rects) == 11
    for rect in rects:
        x, y, width, height = (int(rect.get(key, "")) for key in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + width <= 16
        assert y + height <= 16
        assert (width, height) != (16, 16)


def test_marks_of_levels_differ_by_shape_and_stand_out_in_any_menu() -> None:
    marks = [Image.open(ICONS / f"menu-{level}.png") for level in SCRIPT["MARKS"]]
    shapes = [mark.getchannel("A").point(lambda alpha: 255 * (alpha > 127)) for mark in marks]
    covered = [sum(map(bool, shape.tobytes())) for shape in shapes]
    # Each worse one covers at least a seventh of the picture more.
    for less, more in itertools.pairwise(covered):
        assert more - less > 32 * 32 / 7
    for color in SCRIPT["MARKS"].values():
        rgb = (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16))
        for menu in ((0xFF, 0xFF, 0xFF), (0x2B, 0x2B, 0x2B)):
            assert contrast(rgb, menu) >= 3
