"""The fonts of charts and reports: matplotlib does not look for any other automatically.

Imports matplotlib, so only child processes may import it.
"""

from __future__ import annotations

import logging
import subprocess
import warnings
from pathlib import Path

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, fontManager

from trayapp.language.catalogue import spoken_language

_USUAL = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "PingFang SC",
    "Hiragino Sans",
    "WenQuanYi Micro Hei",
    "Noto Sans",
    "Arial Unicode MS",
)
_TAGS = {"ja": "ja", "zh_CN": "zh-cn"}
"""As fontconfig calls languages whose letters the first font does not have."""


def use_chart_fonts() -> None:
    """Forget matplotlib's own settings, and write in these fonts; for the whole process."""
    mpl.rcdefaults()
    mpl.rcParams["font.family"] = chart_fonts()
    # A box instead of a letter speaks for itself; a line per drawing would fill the terminal.
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    # Nor is it news that a font has no bold letters.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def chart_fonts() -> list[str]:
    """Return the families in the order in which they are asked for a letter, of any script."""
    usual = list(_USUAL)
    if tag := _TAGS.get(spoken_language()):
        usual[1:1] = _system_choice(tag)
    known = {*fontManager.get_font_names()}
    return [font for font in usual if font in known] or ["sans-serif"]


def _system_choice(tag: str) -> list[str]:
    """Return the font that other programs write this language in; none where it is not known.

    It may have come since matplotlib made its list of fonts, which it keeps for ever.
    """
    command = ("fc-match", "-f", "%{file}", f":lang={tag}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2.0, check=True)
        path = Path(done.stdout)
        fontManager.addfont(path)
        return [FontProperties(fname=path).get_name()]
    # A bitmap font is none to matplotlib, which says so in its own way.
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError):
        return []
