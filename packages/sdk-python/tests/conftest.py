"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# Machines are shared, so that no example has a time to keep; a failure has to come again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
