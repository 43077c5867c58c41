"""The colours of the icon: by palette, by level, and by what is behind it."""

from __future__ import annotations

import functools

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.colors import Rgb, contrast, luminance, with_luminance
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture


class Tones(NamedTuple):
    """The colours of one look.

    Those of the tables are for any panel: at least 3:1 to light and dark ones alike. That leaves
    few luminances; within them, tones differ by hue as well.
    """

    older: Rgb
    older_other: Rgb
    """Every second older bar where there is no room for gaps."""
    newest: Rgb
    quiet: Rgb
    """The baseline."""
    mark: Rgb
    plate: Rgb | None = None
    """What an emergency brings along to stand on; so its tones fit every panel."""


TRACK: Rgb = (0x78, 0x78, 0x78)
"""What bars stand in, mixed into the panel: darker than a light one, lighter than a dark one."""
TRACK_OPACITY, OTHER_TRACK_OPACITY = 0x5E, 0x38
"""Of 255; the other is that of every second bar where there is no room for gaps."""
_GREY = (0x7F, 0x7F, 0x7F)
_BLACK, _WHITE = (0, 0, 0), (0xFF, 0xFF, 0xFF)
_DEFAULT = {
    Level.NORMAL: Tones((0x12, 0x75, 0xD9), (0x00, 0x94, 0xC6), (0x08, 0x9F, 0x3B), _GREY, _GREY),
    Level.WARNING: Tones(
        (0xBE, 0x58, 0x00), (0xDE, 0x68, 0x00), (0xAF, 0x84, 0x00), _GREY, (0xBE, 0x58, 0x00)
    ),
    Level.CRITICAL: Tones(
        (0xE6, 0x20, 0x2D), (0xEC, 0x57, 0x61), (0xC9, 0x24, 0xC9), _GREY, (0xE6, 0x20, 0x2D)
    ),
    Level.EMERGENCY: Tones(
        (0xFF, 0xFF, 0xFF), (0xFF, 0xD3, 0xD6), (0xFF, 0xE9, 0x5C), (0xFF, 0xD3, 0xD6),
        (0xFF, 0xFF, 0xFF), plate=(0xE6, 0x20, 0x2D),
    ),
}  # fmt: skip
# Blue, ochre and rose: those who see no red or no green still see blue from yellow, those who see
# no blue see rose from both. Found by search for the greatest least difference among the three.
_SAFE = {
    Level.NORMAL: Tones((0x18, 0x88, 0xE0), (0x10, 0x78, 0xC8), (0x50, 0x70, 0xF0), _GREY, _GREY),
    Level.WARNING: Tones(
        (0xA8, 0x88, 0x08), (0x94, 0x78, 0x10), (0xA0, 0x68, 0x20), _GREY, (0xA8, 0x88, 0x08)
    ),
    Level.CRITICAL: Tones(
        (0xE8, 0x28, 0x70), (0xE8, 0x48, 0x78), (0xF0, 0x48, 0x90), _GREY, (0xE8, 0x28, 0x70)
    ),
    Level.EMERGENCY: Tones(
        (0xFF, 0xC8, 0xDC), (0xFF, 0xE0, 0xEC), (0xFF, 0xFF, 0xFF), (0xFF, 0xC8, 0xDC),
        (0xFF, 0xFF, 0xFF), plate=(0xDA, 0x28, 0x68),
    ),
}  # fmt: skip
_GREYS = Tones(
    (0x75, 0x75, 0x75), (0x80, 0x80, 0x80), (0x8A, 0x8A, 0x8A), (0x75, 0x75, 0x75),
    (0x75, 0x75, 0x75),
)  # fmt: skip
_MONO = {
    Level.NORMAL: _GREYS,
    Level.WARNING: _GREYS,
    Level.CRITICAL: _GREYS,
    Level.EMERGENCY: Tones(
        (0xD4, 0xD4, 0xD4), (0xE2, 0xE2, 0xE2), (0xFF, 0xFF, 0xFF), (0xD4, 0xD4, 0xD4),
        (0xFF, 0xFF, 0xFF), plate=(0x75, 0x75, 0x75),
    ),
}  # fmt: skip
_TABLES = {"default": _DEFAULT, "safe": _SAFE, "mono": _MONO}
_PAUSED = Tones(_GREY, (0x75, 0x75, 0x75), (0x8A, 0x8A, 0x8A), _GREY, _GREY)

_TEMPLATE = Tones(*((part,) * 3 for part in (0xA6, 0x80, 0xFF, 0x80, 0xFF)))
"""For macOS: not colours, but how opaque each is."""
_TEMPLATE_PLATE = Tones(*((part,) * 3 for part in (0x38, 0x58, 0x00, 0x58, 0x00, 0xFF)))

# What 3:1 to light and dark panels alike leaves of luminance.
_LEAST, _MOST = 0.175, 0.26
# Where the panel is known, tones move as a whole to where they stand out at 4.5:1 or more. Not
# farther: panels may have another colour than the desktop reports, and 2:1 can still be seen.
_TO = {"light": (0.10, 0.15), "dark": (0.30, 0.41)}
# Every second bar without gaps is nearer to the panel than its neighbours, by this contrast.
_NEIGHBOURS = 1.55


def tones_of(picture: IconPicture) -> Tones:
    """Return the colours that a picture is drawn in."""
    if picture.paused:
        return _fitted(_PAUSED, picture.panel)
    if picture.palette == "custom" and picture.colors:
        return _custom(picture.colors[picture.level], picture.level)
    return _fitted(_TABLES.get(picture.palette, _DEFAULT)[picture.level], picture.panel)


def template_tones_of(picture: IconPicture) -> Tones:
    """Return how opaque each part is, as all three numbers of a tone; the system has the colour."""
    is_plate = picture.level is Level.EMERGENCY and not picture.paused
    return _TEMPLATE_PLATE if is_plate else _TEMPLATE


@functools.lru_cache(maxsize=32)
def _fitted(tones: Tones, panel: str) -> Tones:
    if panel not in _TO or tones.plate:
        return tones
    low, high = _TO[panel]

    def moved(rgb: Rgb) -> Rgb:
        place = (luminance(rgb) - _LEAST) / (_MOST - _LEAST)
        return with_luminance(rgb, low + place * (high - low))

    fitted = Tones(*map(moved, tones[:5]))
    nearer = _NEIGHBOURS if panel == "light" else 1 / _NEIGHBOURS
    other = nearer * (luminance(fitted.older) + 0.05) - 0.05
    return fitted._replace(older_other=with_luminance(tones.older_other, other))


@functools.lru_cache(maxsize=8)
def _custom(color: Rgb, level: Level) -> Tones:
    """Return the tones around a colour that the person chose, which stays as it is."""
    if level is Level.EMERGENCY:
        ink = max(_WHITE, _BLACK, key=lambda each: contrast(each, color))
        older, other = _mixed(ink, color, 0.12), _mixed(ink, color, 0.24)
        return Tones(older, other, ink, other, ink, plate=color)
    own = luminance(color)
    if _LEAST <= own <= _MOST:
        newest = _LEAST if own > (_LEAST + _MOST) / 2 else _MOST
    else:
        newest = 0.7 * own if own > _MOST else 1.45 * own + 0.02
    return Tones(
        color,
        with_luminance(color, (own + newest) / 2),
        with_luminance(color, newest),
        _GREY,
        color,
    )


def _mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(one, other, strict=True))
    return red, green, blue
