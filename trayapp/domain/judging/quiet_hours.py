"""Hours of the day at which it is to be quiet."""

from __future__ import annotations


def is_within(hours: str, minute_of_day: int) -> bool:
    """Return whether a minute (0 to 1439, local time) lies in a span such as "22:00-07:00".

    It may go over midnight; its end is not part of it. Empty text: never.
    """
    if not hours:
        return False
    start, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in hours.split("-"))
    if start <= end:
        return start <= minute_of_day < end
    return minute_of_day >= start or minute_of_day < end
