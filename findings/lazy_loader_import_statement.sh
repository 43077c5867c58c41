#!/bin/sh
# CPython 3.11.7, 3.13.5 and 3.14.10: a module made lazy by the documented recipe of
# importlib.util.LazyLoader is loaded by the first plain `import` statement that names it, anywhere.
#
# Expected: the statement finds the module in sys.modules and binds it, and it is loaded once one of
# its attributes is used. Seen: it is loaded at once. Before it hands out what is in sys.modules, the
# import system asks it for `__spec__`, to see whether another thread is still loading it
# (import_ensure_initialized in Python/import.c), and for a lazy module that is a use of an attribute.
# So who makes a library's dependency lazy gains nothing, as the library imports it by a statement.
# Way out: import within the function that needs it.
#
# Exits 0 while that is so, 1 when it has changed.
set -eu

"${PYTHON:-python3}" - <<'PROGRAM'
import importlib.util
import platform
import sys

name = "colorsys"
assert name not in sys.modules
spec = importlib.util.find_spec(name)
loader = importlib.util.LazyLoader(spec.loader)
spec.loader = loader
module = importlib.util.module_from_spec(spec)
sys.modules[name] = module
loader.exec_module(module)
made = object.__getattribute__(module, "__class__").__name__

import colorsys  # nothing of it is used

kind = type(colorsys).__name__
print(f"Python {platform.python_version()}: {made} after the recipe, {kind} after `import {name}`")
if made == "_LazyModule" and kind == "module":
    print("as found: the statement has loaded it")
else:
    print("changed: it is lazy until it is used")
    sys.exit(1)
PROGRAM
