"""Days and months as the person's language writes them; `time.strftime` would need setlocale."""

from __future__ import annotations

import time

from trayapp.language.catalogue import N_, _

_WEEKDAYS = (
    N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"),
)  # fmt: skip
MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip
"""Short names, to be translated by `_`."""


def weekday_name(weekday: int) -> str:
    """Return a day's short name; 0 is Monday."""
    return _(_WEEKDAYS[weekday])


def month_name(month: int) -> str:
    """Return a month's short name; 1 is January."""
    return _(MONTHS[month - 1])


def format_day(month: int, day: int) -> str:
    """Return a day of this year: "20 Nov"."""
    # Translators: a date without its year, such as "20 Nov".
    return _("{day} {month}").format(day=day, month=month_name(month))


def format_day_time(month: int, day: int, time: str) -> str:
    """Return a moment of this year, its time of day already text: "20 Nov, 14:05"."""
    return _("{date}, {time}").format(date=format_day(month, day), time=time)


def format_date(year: int, month: int, day: int) -> str:
    """Return a day of any year: "20 Nov 2026"."""
    # Translators: a date, such as "20 Nov 2026".
    return _("{day} {month} {year}").format(day=day, month=month_name(month), year=year)


def date_said(wall_seconds: float) -> str:
    """Return the day of a moment by the local clock: "20 Nov 2026"."""
    day = time.localtime(wall_seconds)
    return format_date(day.tm_year, day.tm_mon, day.tm_mday)
