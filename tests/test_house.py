"""The house rules that no linter knows."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("models", "embeddings", "matchmaker", "scripts")
SOURCES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_the_wall(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_verbs_never_commit():
    services = (ROOT / "matchmaker" / "services").rglob("*.py")
    guilty = [path.name for path in services if re.search(r"\.commit\(|\.begin\(\)", path.read_text(encoding="utf-8"))]
    assert guilty == []
