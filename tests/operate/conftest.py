"""The sample's story as a fixture, told once a test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config import Settings
from tests.operate.told import Told, tell


@pytest.fixture(scope="session")
def told(shared_folder: Path, sqlite_template: Path, make_settings: Callable[..., Settings]) -> Told:
    """The story of the sample, told to its end."""
    return tell(shared_folder, sqlite_template, make_settings)
