"""One platform for all drills, with databases that promise what they do in production."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.platform import Platform, Ports
from tests.backups.drill import Drill

Under = Callable[[str], Drill]


@pytest.fixture(scope="session")
def throw_away() -> bool:
    return False


@pytest.fixture(scope="session")
def drilled_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(tmp_path_factory.mktemp("platform"), ports=Ports.free(), say=print) as platform:
        yield platform


@pytest.fixture
def under_drill(drilled_platform: Platform) -> Iterator[Under]:
    """A function that names the service whose database is drilled, unless DRILL_SERVICE names another for all."""
    drills: list[Drill] = []

    def begin(service: str) -> Drill:
        drill = Drill(drilled_platform, os.environ.get("DRILL_SERVICE") or service)
        drills.append(drill)
        return drill

    yield begin
    for drill in drills:
        if drill.answers():
            drill.release()


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, Any]]:
    """What the drills measured; printed at the end, and kept in the file that DRILL_FIGURES names."""
    found: dict[str, Any] = {}
    yield found
    print(json.dumps(found, indent=1))
    if path := os.environ.get("DRILL_FIGURES"):
        Path(path).write_text(json.dumps(found, indent=1) + "\n")
