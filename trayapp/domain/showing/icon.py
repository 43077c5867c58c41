"""What the icon shows, computed from a view; and whether its colours can be seen."""

from __future__ import annotations

import functools

from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.judges.pressure import stall_or_used_share
from trayapp.domain.judging.view import Controls, TargetView, View
from trayapp.domain.records.bars import BAR_COUNT, share_heights, zoomed_heights
from trayapp.domain.records.colors import LEGIBLE_CONTRAST, Rgb, contrast
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import DRAWN_NUMBERS, IconPicture
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import format_percent

PANEL_COLORS: dict[str, Rgb] = {"light": (0xF2, 0xF2, 0xF2), "dark": (0x2B, 0x2B, 0x2B)}
"""What panels look like by default."""

_STEPS = 32
"""About as many heights of a bar differ in the sizes that trays show."""
_Shown = tuple[tuple[int | None, ...], float | None]
"""Heights of the bars, and the share that a number tells."""
_NOTHING: _Shown = (None,) * BAR_COUNT, None


def icon_picture(view: View | None, controls: Controls) -> IconPicture:
    """Ten bars of what the icon shows, and how bad the worst open incident is."""
    if controls.is_stalled and not controls.paused:
        return IconPicture(
            heights=_NOTHING[0],
            level=Level.CRITICAL,
            palette=controls.icon_palette,
            colors=controls.icon_colors if controls.icon_palette == "custom" else (),
            panel=controls.icon_panel,
            is_stalled=True,
        )
    heights, share = _shown(view, controls) if view else _NOTHING
    incidents = view.incidents if view else ()
    active = (incident.level for incident in incidents if incident.phase == "active")
    is_drawn = controls.icon_number in DRAWN_NUMBERS
    return IconPicture(
        heights=tuple(map(_stepped, heights)),
        level=max(active, default=Level.WARNING if controls.is_hanging else Level.NORMAL),
        paused=controls.paused,
        palette=controls.icon_palette,
        colors=controls.icon_colors if controls.icon_palette == "custom" else (),
        panel=controls.icon_panel,
        number_place=controls.icon_number if is_drawn else "off",
        percent=round(100 * share) if is_drawn and share is not None else None,
    )


def icon_text(view: View | None, controls: Controls) -> str:
    """Return the number beside the icon, where the settings want it there."""
    if controls.icon_number != "beside" or controls.paused or controls.is_stalled or view is None:
        return ""
    return format_percent(_shown(view, controls)[1])


def _stepped(height: int | None) -> int | None:
    """Return a height in steps that can be seen: less of a change is not another picture."""
    return None if height is None else -(-round(height * _STEPS / 100) * 100 // _STEPS)


def _shown(view: View, controls: Controls) -> _Shown:
    shows, total_bytes = controls.icon_shows, view.system.total_bytes
    is_whole = controls.icon_scale != "range"
    if shows == "pressure":
        return share_heights(view.pressure_bars, 1.0), stall_or_used_share(view.system)
    if shows == "memtray":
        own_bytes = view.app.rss_bytes
        return zoomed_heights(view.app_bars), own_bytes and own_bytes / total_bytes
    if shows == "largest" and (largest := largest_of(view)):
        return zoomed_heights(largest.bars), (largest.size_bytes or 0) / total_bytes
    for target in view.targets:
        if target.name == shows:
            heights = _target_heights(target) if is_whole else zoomed_heights(target.bars)
            return heights, target.limit_share
    bars = view.system_bars
    heights = share_heights(bars, total_bytes) if is_whole else zoomed_heights(bars)
    return heights, view.system.used_bytes / total_bytes


def largest_of(view: View) -> TargetView | ApplicationView | None:
    """The largest of targets and applications; None: nothing is known of any."""
    every: tuple[TargetView | ApplicationView, ...] = (*view.targets, *view.applications)
    known = (each for each in every if each.size_bytes and each.bars)
    return max(known, key=lambda each: each.size_bytes or 0, default=None)


def _target_heights(target: TargetView) -> tuple[int | None, ...]:
    if target.limit_bytes and target.limit_source == "settings":
        return share_heights(target.bars, target.limit_bytes)
    return zoomed_heights(target.bars)


@functools.lru_cache(maxsize=2)
def color_problems(palette: str, colors: tuple[Rgb, ...], panel: str) -> tuple[str, ...]:
    """One line about the colour that is hardest to see; empty if all can be seen.

    `panel`: one of PANEL_NAMES; "auto" is both.
    """
    if palette != "custom":
        return ()
    found = [
        (contrast(color, behind), level, color, name)
        for level, color in zip(Level, colors, strict=True)
        for name, behind in PANEL_COLORS.items()
        if panel in ("auto", name)
    ]
    least, level, color, name = min(found)
    if least >= LEGIBLE_CONTRAST:
        return ()
    text = (
        _(
            "{setting} = {color} is hard to see on a light panel: contrast {contrast}, at least "
            "{least} is needed."
        )
        if name == "light"
        else _(
            "{setting} = {color} is hard to see on a dark panel: contrast {contrast}, at least "
            "{least} is needed."
        )
    )
    red, green, blue = color
    line = text.format(
        setting=f"icon.{level.name.lower()}_color",
        color=f'"#{red:02x}{green:02x}{blue:02x}"',
        contrast=format_number(least, 1),
        least=format_number(LEGIBLE_CONTRAST),
    )
    return (line,)
