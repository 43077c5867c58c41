"""Words beside a clock: halves of the day in every language, time zones, units of time."""

from __future__ import annotations

import math
import re
import unicodedata

from trayapp.recording.calendars import Order

_MORNING = (
    "am|an|asubuhi|biknait|fh|ft|hengihengi|m|nu|pd|purvahan|saaku|sb|soodo|"
    "subaka|subaxnimo|téng-po͘|uluchelo|vm|wd|öa|öö|üe|ĸũ|πμ|دوپھربرونھ|ص|"
    "غم|پن|ܩܛ|މކ|पूर्वाह्न|फुं|बिहिनियाँ|मपू|सञं|এম|পূর্বাহ্ণ|পূৰ্ব্বাহ্ন|"
    "ਸਵੇਰੇ|સવારે|காலை|ఉ|ಕಾಂಡೆ|ಪೂರ್ವಾಹ್ನ|രാവിലെ|පෙව|ངས་ཆ|ဂယး|နံနက်|ပွတ်းၼႂ်|"
    "ማለዶ|ቀደምሰርምዕል|ንጉሆሰዓተ|ጡዋት|ጽባሕ|ፋዱስጃብ|ᏌᎾᎴ|ព្រឹក|上午|上晝|午前|朝|頂晡|오전|vorm"
)  # fmt: skip
_AFTERNOON = (
    "akasuba|alasiri|aparaahna|apinun|aɛ|carra|efiafi|eh|ew|f|galabnimo|"
    "hawwaro|kikiiɗe|md|nh|nm|pm|wb|ös|üs|ē-po͘|ķũ|μμ|دن|دوپھرپتھ|ش|غو|م|ܒܛ|"
    "މފ|अपराह्न|बेलासे|मंझनियाँ|मनं|सबेर|অপরাহ্ণ|অপৰাহ্ন|পম|ਸ਼ਾਮ|સાંજે|மாலை|"
    "సా|ಅಪರಾಹ್ನ|ಬಯ್ಯ|വൈകു|පව|ཕྱི་ཆ|ညနေ|တ္ၚဲစေၚ်|ဝၢႆးဝၼ်း|ሓቆሰርምዕል|ምሴት|ቃማ|"
    "ከሰዓት|ድሕርሰዓት|ፋዱስደምቢ|ᏒᎯᏱᎢᏗᏢ|ល្ងាច|下午|下晝|下晡|午後|暮|오후|nachm"
)  # fmt: skip
AM, PM = frozenset(_MORNING.split("|")), frozenset(_AFTERNOON.split("|"))
"""Names of the two halves of a day in glibc's languages, without dots and blanks."""
MONTH_FIRST = {"ᏒᎯᏱᎢᏗᏢ", "ᏌᎾᎴ", "nh", "nu", "बेलासे", "फुं", "دوپھرپتھ", "دوپھربرونھ"}
"""Halves of the day in languages that write the month first."""
ZONES = {
    "utc": 0.0, "gmt": 0.0, "z": 0.0, "wet": 0.0, "west": 1.0, "cet": 1.0, "cest": 2.0, "met": 1.0,
    "mest": 2.0, "eet": 2.0, "eest": 3.0, "msk": 3.0, "jst": 9.0, "kst": 9.0, "hkt": 8.0,
    "sgt": 8.0,
    "pht": 8.0, "wib": 7.0, "aest": 10.0, "aedt": 11.0, "acst": 9.5, "awst": 8.0, "nzst": 12.0,
    "nzdt": 13.0, "est": -5.0, "edt": -4.0, "cdt": -5.0, "mdt": -6.0, "mst": -7.0, "pst": -8.0,
    "pdt": -7.0, "akst": -9.0, "akdt": -8.0, "hst": -10.0, "brt": -3.0, "art": -3.0, "sast": 2.0,
    "cst": math.nan, "ist": math.nan, "bst": math.nan,
}  # fmt: skip
"""Hours east of Greenwich; NaN where several places call theirs so."""
UNIT_WORDS = {
    "ms": "ms", "msec": "ms", "msecs": "ms", "millis": "ms", "millisecond": "ms",
    "milliseconds": "ms", "us": "us", "usec": "us", "micros": "us", "microseconds": "us",
    "ns": "ns", "nsec": "ns", "nanos": "ns", "nanoseconds": "ns", "min": "min", "mins": "min",
    "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d",
}  # fmt: skip
ABBREVIATION = re.compile(r"\b([A-Z]{3,5}|Z)\b")
_DURATION = re.compile(
    r"\s*(?:(\d+)[- ]?(?:d(?:ays?)?,?)?[- ]\s*)?(\d+):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*"
)


def usual_order(text: str, clock: str, *, has_decimal_comma: bool) -> tuple[Order, bool]:
    """Which order is usual for this program's language, and whether that is sure enough."""
    if has_decimal_comma:
        return "dmy", True
    half, rest = half_of(f"{clock} ")
    word = _half_word(clock)
    if word in MONTH_FIRST:
        return "mdy", True
    if half:
        has_zone = any(one[1].lower() in ZONES for one in ABBREVIATION.finditer(rest))
        if word not in ("am", "pm"):
            return "dmy", True
        return ("dmy", True) if has_zone else ("mdy", False)
    has_four = re.search(r"[/]\d{4}(?!\d)", text) is not None
    return ("dmy", True) if has_four else ("mdy", False)


def _half_word(text: str) -> str:
    words = re.findall(r"[^\W\d_]+(?:[.\s-]*[^\W\d_]*)*", unicodedata.normalize("NFC", text))
    return words[0].casefold().replace(".", "").replace(" ", "") if words else ""


def half_of(text: str) -> tuple[str, str]:
    """Which half of the day a text names ("am", "pm" or ""), and what is left of it."""
    text = unicodedata.normalize("NFC", text)
    for match in re.finditer(r"[^\s\d,\x1f/:]+(?:\s[^\s\d,\x1f/:]+){0,2}", text):
        words = match[0].split()
        for count in range(len(words), 0, -1):
            for start in range(len(words) - count + 1):
                part = words[start : start + count]
                word = "".join(part).casefold().replace(".", "")
                half = "am" if word in AM else "pm" if word in PM else ""
                if half:
                    left = " ".join(words[:start] + words[start + count :])
                    return half, f"{text[: match.start()]} {left} {text[match.end() :]}"
    return "", text


def is_text(rest: str) -> bool:
    """Whether what stands beside a clock is more than the name of a day."""
    words = re.findall(r"[^\W\d_]+", rest)
    return len(words) > 3 or len("".join(words)) > 24


def is_only_a_date(text: str) -> bool:
    """Whether a text is short enough and has so few figures that it is a date without a clock."""
    return "\ufffd" not in text and len(text) <= 40 and len(re.findall(r"\d+", text)) <= 3


def duration_in(text: str) -> float:
    """Seconds of "1-02:03:04", "3 days, 02:03:04", "02:03"; NaN if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return math.nan
    days, first, second, third = match.groups()
    if third is None:
        return int(first) * 60.0 + int(second)
    hours = int(days or 0) * 24 + int(first)
    return hours * 3600.0 + int(second) * 60 + float(third.replace(",", "."))
