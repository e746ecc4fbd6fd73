"""Compiled functions work where nothing may be kept on disk."""

import pytest
from numba.core.caching import CacheImpl

from faceset.compiled import compiled


def plus_one(value: int) -> int:
    return value + 1


def test_without_a_place_for_the_cache_functions_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    function = compiled(plus_one)
    assert function(2) == 3
    assert type(function).__name__ == "CPUDispatcher"
