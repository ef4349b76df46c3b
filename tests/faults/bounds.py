"""Bounds of time in the short runs, which share the machine with other tests."""

import os

import pytest

from benchmarks.faults import Figures, scenario

# The full runs, which have the machine for themselves, are held to these as they stand.
BOUNDS = {
    "drains": ("EXIT_S", "SHOWN_WITHIN_S"),
    "failovers": ("OUTAGE_S",),
    "floods": ("AGE_S",),
    "outage": ("REQUEST_LIMIT_S", "BACK_LIMIT_S"),
    "push_links": ("P99_S", "HEALED_S"),
    "server_states": ("LONGEST_S", "RECOVERY_S", "PUSH_RECOVERY_S"),
    "slow_consumers": ("CUT_S", "P99_GROWTH", "EXIT_S"),
}
SHARED = 2.0  # with the tests of the other process


def broken(name: str, figures: Figures) -> list[str]:
    """Which promises the figures of that scenario break, on a machine that is as busy as this one."""
    chosen = scenario(name)
    with pytest.MonkeyPatch.context() as patch:
        for bound in BOUNDS[name]:
            patch.setattr(chosen, bound, getattr(chosen, bound) * _allowance())
        return chosen.problems(figures)


def _allowance() -> float:
    """How many times as long something may take as where nothing else runs."""
    return SHARED * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
