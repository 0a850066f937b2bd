"""Map of limited size."""

from __future__ import annotations

from ameide_sdk._internal.runtime.recent_map import RecentMap


def test_the_least_recently_used_entry_leaves() -> None:
    dropped: list[str] = []
    recent: RecentMap[str, str] = RecentMap(2, dropped.append)
    for key in ("a", "b", "a", "c"):
        assert recent.get(key, key.upper) == key.upper()
    assert dropped == ["B"]
    assert recent.values() == ["A", "C"]
    recent.clear()
    assert recent.values() == []
    assert dropped == ["B"]


def test_a_value_is_made_once() -> None:
    recent: RecentMap[str, object] = RecentMap(1)
    assert recent.get("a", object) is recent.get("a", object)
