"""The sheet of all looks of the icon."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from PIL import Image

from trayapp.cli.main import main
from trayapp.domain.records.colors import Rgb
from trayapp.domain.showing.icon import PANEL_COLORS, color_problems
from trayapp.domain.showing.menu import PALETTE_NAMES
from trayapp.tray.gallery import CUSTOM_COLORS, DRAWN_PX, LOOKS, TEMPLATE, draw_look


def on(color: Rgb, icon: Image.Image) -> Image.Image:
    """An icon on a panel."""
    shown = Image.new("RGB", icon.size, color)
    shown.paste(icon, (0, 0), icon)
    return shown


def contains(pixels: bytes, width_px: int, part: Image.Image) -> bool:
    """Whether `part` occurs pixel by pixel in the picture of those `pixels`."""
    stride, length, wanted = 3 * width_px, 3 * part.width, part.tobytes()
    rows = [wanted[start : start + length] for start in range(0, len(wanted), length)]
    # The row that is least like others is looked for; a plain one would be found everywhere.
    telling = max(range(part.height), key=lambda y: len(zlib.compress(rows[y])))
    at = pixels.find(rows[telling])
    while at >= 0:
        top = at - telling * stride
        found = (pixels[top + y * stride : top + y * stride + length] for y in range(part.height))
        if at % 3 == 0 and top >= 0 and list(found) == rows:
            return True
        at = pixels.find(rows[telling], at + 1)
    return False


def test_every_palette_is_there_on_every_panel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gallery.png"
    assert main(["gallery", "-o", str(file)]) == 0
    assert str(file) in capsys.readouterr().out
    with Image.open(file) as sheet:
        pixels = sheet.tobytes()
    for palette in (*PALETTE_NAMES, TEMPLATE):
        for panel, color in PANEL_COLORS.items():
            drawn_for = panel if palette == TEMPLATE else "auto"
            for label, size_px in (("emergency", 16), ("warning, under", 44), ("critical", 192)):
                icon = draw_look(LOOKS[label], size_px, palette, drawn_for)
                assert contains(pixels, sheet.width, on(color, icon))
            if palette in ("default", "safe", "mono"):
                assert contains(
                    pixels, sheet.width, on(color, draw_look(LOOKS["critical"], 66, palette, panel))
                )


def test_every_size_on_every_screen_is_drawn() -> None:
    """Those of icons at 100, 150, 200 and 300 percent."""
    assert (
        *(16, 18, 20, 22, 24, 27, 30, 32, 33, 36, 40, 44, 48),
        *(54, 60, 64, 66, 72, 96, 128, 144, 192),
    ) == DRAWN_PX


def test_the_example_of_a_palette_of_ones_own_can_be_seen() -> None:
    assert color_problems("custom", CUSTOM_COLORS, "auto") == ()


def test_another_kind_of_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", "-o", str(tmp_path / "gallery.gif")]) == 2
    assert "use FILE.png, not gallery.gif" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
