"""Lets the comparisons of the twins say what differs."""

import pytest

pytest.register_assert_rewrite("tests.store.twins")
