"""Times the import of modules in a fresh process. Prints milliseconds."""

from __future__ import annotations

import importlib
import sys
import time

_started = time.perf_counter()
for _name in sys.argv[1:]:
    importlib.import_module(_name)
sys.stdout.write(f"{(time.perf_counter() - _started) * 1e3}\n")
