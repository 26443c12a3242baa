"""A release's specs are kept, and the changelog has to tell what breaks them."""

import datetime
from pathlib import Path

import pytest
import yaml

from local.errors import LocalError
from local.releases import check, cut
from local.services import SERVICES

TODAY = datetime.date(2026, 11, 22)
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Added\n- Parcels.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    for service in SERVICES:
        (tmp_path / f"{service.name}_service").mkdir()
        write(tmp_path, service.name, "list", "send")
    return tmp_path


def write(root: Path, service: str, *operations: str) -> None:
    """A spec with those operations."""
    paths = {f"/{each}": {"get": {"operationId": f"parcels_{each}", "responses": {}}} for each in operations}
    (root / f"{service}_service" / "openapi.yaml").write_text(yaml.safe_dump({"paths": paths}))


def test_a_release_keeps_the_specs_and_dates_the_changelog(root: Path) -> None:
    assert cut("1.0.0", root=root, today=TODAY) == 0

    assert sorted(path.name for path in (root / "releases").rglob("*.yaml")) == sorted(
        f"{s.name}.yaml" for s in SERVICES
    )
    kept = (root / "releases" / "1.0.0" / "orders.yaml").read_text()
    assert kept == (root / "orders_service" / "openapi.yaml").read_text()
    dated = "# Changelog\n\n## Unreleased\n\n## 1.0.0, 2026-11-22\n\n### Added\n- Parcels.\n"
    assert (root / "CHANGELOG.md").read_text() == dated
    assert check(root) == 0


def test_only_the_last_release_is_kept(root: Path) -> None:
    cut("1.0.0", root=root, today=TODAY)
    cut("1.1.0", root=root, today=TODAY)
    assert [folder.name for folder in (root / "releases").iterdir()] == ["1.1.0"]


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "1.0.0\n", "../1.0.0"])
def test_a_release_has_a_version(root: Path, version: str) -> None:
    with pytest.raises(LocalError, match="no version"):
        cut(version, root=root)
    assert not (root / "releases").exists()
    assert (root / "CHANGELOG.md").read_text() == CHANGELOG


def test_nothing_is_released_twice(root: Path) -> None:
    cut("1.0.0", root=root, today=TODAY)
    with pytest.raises(LocalError, match="released already"):
        cut("1.0.0", root=root, today=TODAY)


def test_a_break_that_the_changelog_keeps_silent_about_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut("1.0.0", root=root, today=TODAY)
    write(root, "orders", "list")
    write(root, "auth", "list", "send", "track")
    capsys.readouterr()

    assert check(root) == 1

    assert capsys.readouterr().out.splitlines() == [
        "breaks: orders parcels_send: GET /send was removed",
        "",
        "Under Unreleased in CHANGELOG.md, tell those whose programs break; a line for each, such as:",
        "- Breaking: orders parcels_send: …",
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("- Breaking: orders parcels_send: parcels are sent by the carrier", 0),
        ("- Breaking: orders parcels_send:", 1),
        ("- Breaking: orders parcels_list: something else", 1),
        ("- Breaking: auth parcels_send: another service", 1),
    ],
)
def test_the_changelog_tells_of_a_break_in_one_form(root: Path, line: str, code: int) -> None:
    cut("1.0.0", root=root, today=TODAY)
    write(root, "orders", "list")
    changelog = root / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased\n", f"## Unreleased\n\n{line}\n"))
    assert check(root) == code


def test_what_was_told_with_an_earlier_release_does_not_count(root: Path) -> None:
    changelog = root / "CHANGELOG.md"
    changelog.write_text(f"{CHANGELOG}- Breaking: orders parcels_send: an old story\n")
    cut("1.0.0", root=root, today=TODAY)
    write(root, "orders", "list")
    assert check(root) == 1


def test_without_a_release_there_is_nothing_to_compare_with(root: Path) -> None:
    with pytest.raises(LocalError, match="should hold one release's specs, not 0"):
        check(root)
