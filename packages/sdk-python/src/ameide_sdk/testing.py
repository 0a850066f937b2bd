"""Tools to test services and clients without a network, and without waiting.

```python
clock = VirtualClock()
options = with_test_runtime(
    {"transport": memory_transport(ThreadsServiceASGIApplication(handlers))},
    clock=clock,
    random={"backoff": sequence(0.5)},
)


async def calls() -> None:
    async with connect(ThreadsServiceClient, "https://memory.test", **options) as threads:
        await threads.get_thread(GetThreadRequest(thread_id="t1"))


run_virtually(calls, clock)
```
"""

from __future__ import annotations

from ameide_sdk._internal.options.integration_mode import IntegrationMode, integration_mode
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, PolicyConstants
from ameide_sdk._internal.runtime.runtime import Clock, Threads
from ameide_sdk._internal.runtime.virtual_clock import (
    Baton,
    DeadlockError,
    VirtualClock,
    VirtualLoop,
    run_virtually,
)
from ameide_sdk._internal.testing.pinned_runtime import (
    PinnedRandom,
    seeded,
    sequence,
    with_test_runtime,
)
from ameide_sdk._internal.testing.watch_credentials import (
    CredentialWatch,
    WatchedRequest,
    watch_credentials,
)
from ameide_sdk._internal.wire.memory_client import memory_transport, memory_transport_sync

__all__ = [
    "BEHAVIOR_1",
    "Baton",
    "Clock",
    "CredentialWatch",
    "DeadlockError",
    "IntegrationMode",
    "PinnedRandom",
    "PolicyConstants",
    "Threads",
    "VirtualClock",
    "VirtualLoop",
    "WatchedRequest",
    "integration_mode",
    "memory_transport",
    "memory_transport_sync",
    "run_virtually",
    "seeded",
    "sequence",
    "watch_credentials",
    "with_test_runtime",
]
