"""The colours of reports, on a light page (as on paper) and on a dark one."""

from __future__ import annotations

COLORS = {
    "light": {
        "page": "#ffffff", "soft": "#f4f6f8", "text": "#1f2328", "muted": "#59636e",
        "rule": "#d9dee3", "bad": "#b3001b", "warning": "#8f5500", "good": "#00694d",
        "note": "#59636e",
    },
    "dark": {
        "page": "#16181c", "soft": "#22262c", "text": "#e6e8eb", "muted": "#a1abb6",
        "rule": "#383f48", "bad": "#ff7b7b", "warning": "#f5b95a", "good": "#3ccf9f",
        "note": "#a1abb6",
    },
}  # fmt: skip
CURVES = {
    "light": ("#0072b2", "#d55e00", "#00805d", "#b04a86", "#9a6b00", "#3188bd", "#4d4d4d"),
    "dark": ("#56b4e9", "#f0884a", "#2fc195", "#e29bc4", "#f0e442", "#8ab4ff", "#d0d4d9"),
}
