"""Times the two contestants of one row in blocks that alternate. Prints one line of JSON.

`time_process.py ROW BLOCKS [ADDRESS]`: microseconds per call, of each the 10th percentile.
"""

from __future__ import annotations

import json
import math
import os
import sys

from rows import ROWS

# Shorter than the time slice of a busy machine.
_CALLS = 20


def _main(name: str, blocks: str, address: str = "") -> None:
    sides = [side(address) for side in ROWS[name]]
    for side in sides:
        side(_CALLS * 30)
    found: tuple[list[float], list[float]] = ([], [])
    for pair in range(int(blocks)):
        # Both see the same machine: the order within a pair changes from pair to pair.
        for each in (0, 1) if pair % 2 == 0 else (1, 0):
            found[each].append(sides[each](_CALLS) * 1e6 / _CALLS)
    base, other = (sorted(each)[math.ceil(len(each) / 10) - 1] for each in found)
    sys.stdout.write(f"{json.dumps({'base': base, 'other': other})}\n")
    sys.stdout.flush()
    # pyqwest 0.12.0 may abort a process that ends with connections open.
    os._exit(0)


_main(*sys.argv[1:])
