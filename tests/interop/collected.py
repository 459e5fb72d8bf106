"""Where conftest.py leaves the names of the tests here, whichever of them are run."""

import pytest

COLLECTED = pytest.StashKey[list[str]]()
