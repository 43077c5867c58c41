"""Check the licences of installed packages against ours: `licences.py SITE-PACKAGES`.

Prints one line each; ends with 1 where one is unknown, or asks for more than to be named.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata

FITTING = (
    "MIT", "MIT-CMU", "HPND", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Apache",
    "ISC", "PSF-2.0", "Python Software Foundation", "PSF", "Zlib", "0BSD", "CC0-1.0", "Unlicense",
    "MPL-2.0", "Mozilla Public License 2.0", "LGPL", "GNU Library or Lesser",
)  # fmt: skip
"""MPL and LGPL: used as they are, in files of their own, which anyone may replace."""
NOT_FITTING = re.compile(
    r"\bA?GPL|GNU (Affero )?General Public|Proprietary|Commercial", re.IGNORECASE
)


def licence_of(package: metadata.Distribution) -> str:
    """Return the licence as the package says it; empty if it says nothing."""
    told = package.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [
        each.rpartition(" :: ")[2]
        for each in told.get_all("Classifier") or ()
        if each.startswith("License ::") and each != "License :: OSI Approved"
    ]
    first_line = (told.get("License") or "").strip().partition("\n")[0]
    return " AND ".join(classified) or first_line[:60]


def fits(licence: str) -> bool:
    """Return whether Memtray, under MIT, may bring it along."""
    if not licence:
        return False
    either = re.split(r"\s+OR\s+", licence.strip("()"))
    return any(
        any(name.casefold() in each.casefold() for name in FITTING)
        and not NOT_FITTING.search(re.sub(r"\bLGPL|Lesser General Public", "", each))
        for each in either
    )


def main(folder: str) -> int:
    bad = 0
    found = {each.metadata["Name"]: each for each in metadata.distributions(path=[folder])}
    for name in sorted(found, key=str.casefold):
        licence = licence_of(found[name])
        good = fits(licence)
        bad += not good
        mark = "" if good else "  <- does not fit"
        print(f"{name} {found[name].version}: {licence or '(none told)'}{mark}")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
