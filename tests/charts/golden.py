"""Pictures that a person has found good, compared with some tolerance."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

FOLDER = Path(__file__).parent / "pictures"
RENEW = "MEMTRAY_GOLDEN"
"""With this environment variable set, pictures are written instead of compared: look at them."""
SHRUNK = 4
"""Compared at a quarter of the size: fonts and lines differ by a pixel between versions."""
MOST_DIFFERENT = 0.02
"""The share of the small picture that may be clearly different."""


def is_as_golden(picture: npt.NDArray[np.int16], name: str) -> bool:
    """Whether a picture looks as the one that is kept."""
    small = _shrink(picture)
    file = FOLDER / f"{name}.png"
    if os.environ.get(RENEW):
        FOLDER.mkdir(exist_ok=True)
        Image.fromarray(small.astype(np.uint8)).save(file, optimize=True)
        return True
    with Image.open(file) as kept:
        golden = np.asarray(kept.convert("RGB"), dtype=np.float64)
    different = np.abs(golden - small).max(axis=2) > 48
    return bool(different.mean() <= MOST_DIFFERENT)


def _shrink(picture: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    rows, columns = (side // SHRUNK * SHRUNK for side in picture.shape[:2])
    blocks = picture[:rows, :columns].reshape(rows // SHRUNK, SHRUNK, columns // SHRUNK, SHRUNK, 3)
    small: npt.NDArray[np.float64] = blocks.astype(np.float64).mean(axis=(1, 3))
    return small
