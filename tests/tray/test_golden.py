"""The icon is, pixel by pixel, what was looked at and found good."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from tests.tray.goldens import FOLDER, PALETTES, draw


@pytest.mark.parametrize("palette", PALETTES)
def test_every_look_is_as_it_was_found_good(palette: str) -> None:
    """If that is meant to change: `python -m tests.tray.goldens`, and look at every file."""
    drawn = draw(palette)
    with Image.open(FOLDER / f"{palette}.png") as golden:
        found_good = golden.convert("RGB")
    assert drawn.size == found_good.size
    assert ImageChops.difference(drawn, found_good).getbbox() is None


def test_there_is_no_file_that_nobody_compares() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(PALETTES)
