"""The sheet of all looks of the icon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from trayapp.cli import main
from trayapp.domain.menu import PALETTE_NAMES
from trayapp.tray.drawing import draw_icon
from trayapp.tray.gallery import LOOKS, PANELS


def contains(sheet: Image.Image, part: Image.Image) -> bool:
    """Whether `part` occurs in `sheet` pixel by pixel."""
    pixels, wanted = sheet.tobytes(), part.tobytes()
    stride, row = 3 * sheet.width, 3 * part.width
    at = pixels.find(wanted[:row])
    while at >= 0:
        rows = (pixels[at + y * stride : at + y * stride + row] for y in range(part.height))
        if at % 3 == 0 and b"".join(rows) == wanted:
            return True
        at = pixels.find(wanted[:row], at + 1)
    return False


def test_every_palette_is_there_on_every_panel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gallery.png"
    assert main(["gallery", "-o", str(file)]) == 0
    assert str(file) in capsys.readouterr().out
    with Image.open(file) as sheet:
        sheet.load()
    for palette in PALETTE_NAMES:
        for panel in PANELS:
            for size_px in (16, 44, 128):
                icon = draw_icon(replace(LOOKS["emergency"], palette=palette), size_px)
                shown = Image.new("RGB", icon.size, panel.color)
                shown.paste(icon, (0, 0), icon)
                assert contains(sheet, shown)


def test_another_kind_of_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", "-o", str(tmp_path / "gallery.gif")]) == 2
    assert "write FILE.png, not gallery.gif" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
