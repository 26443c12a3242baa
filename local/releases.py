"""The last release's specs, and whether the present ones break programs that were written for them.

`releases/<version>/<service>.yaml` are the specs of the last release. What breaks its users' programs must stand in
CHANGELOG.md under Unreleased, a line for each operation or component:

    - Breaking: orders sales_ship: a tracking number is required
"""

import datetime
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from local.compatibility import changes
from local.errors import LocalError
from local.processes import warn
from local.services import ROOT, SERVICES

UNRELEASED = "## Unreleased\n"
ACKNOWLEDGED = re.compile(r"^- Breaking: (\w+) (\w+): \S", re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+\.\d+")


def check(root: Path = ROOT) -> int:
    """Prints what changed for the worse since the last release; 1 when the changelog keeps silent about a break."""
    told = set(ACKNOWLEDGED.findall(_unreleased((root / "CHANGELOG.md").read_text())))
    silent: dict[tuple[str, str], None] = {}
    for released in sorted(last_release(root).glob("*.yaml")):
        service = released.stem
        present = root / f"{service}_service" / "openapi.yaml"
        for change in changes(_read(released), _read(present)):
            if not change.breaking:
                verdict = "may surprise"
            elif (service, change.subject) in told:
                verdict = "breaks, acknowledged"
            else:
                verdict = "breaks"
                silent[service, change.subject] = None
            print(f"{verdict}: {service} {change.subject}: {change.what}")
    if silent:
        print("\nUnder Unreleased in CHANGELOG.md, tell those whose programs break; a line for each, such as:")
        for service, subject in silent:
            print(f"- Breaking: {service} {subject}: …")
    return 1 if silent else 0


def cut(version: str, *, root: Path = ROOT, today: datetime.date | None = None) -> int:
    """Keeps the present specs as those of the release, in place of the last one's, and dates the changelog."""
    if not VERSION.fullmatch(version):
        raise LocalError(f"{version!r} is no version: say VERSION=1.2.3.")
    folder = root / "releases" / version
    if folder.exists():
        raise LocalError(f"{version} is released already.")
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text()
    _unreleased(text)
    shutil.rmtree(root / "releases", ignore_errors=True)
    folder.mkdir(parents=True)
    for service in SERVICES:
        shutil.copyfile(root / f"{service.name}_service" / "openapi.yaml", folder / f"{service.name}.yaml")
    day = today or datetime.datetime.now(datetime.UTC).date()
    changelog.write_text(text.replace(UNRELEASED, f"{UNRELEASED}\n## {version}, {day.isoformat()}\n", 1))
    print(f"The specs of {version} are in {folder.relative_to(root)}; look at CHANGELOG.md, and commit both.")
    return 0


def last_release(root: Path) -> Path:
    """The folder of the last release's specs."""
    found = [folder for folder in (root / "releases").glob("*") if VERSION.fullmatch(folder.name)]
    if len(found) != 1:
        raise LocalError(f"{root / 'releases'} should hold one release's specs, not {len(found)}.")
    return found[0]


def _unreleased(changelog: str) -> str:
    """The changelog's section of what is not released yet."""
    _before, heading, rest = changelog.partition(UNRELEASED)
    if not heading:
        raise LocalError("CHANGELOG.md has no section called Unreleased.")
    return rest.partition("\n## ")[0]


def _read(spec: Path) -> Any:
    return yaml.load(spec.read_bytes(), Loader=yaml.CSafeLoader)


def main(arguments: Sequence[str]) -> int:
    """`python -m local.releases`: compare with the last release; with a version: cut that one."""
    try:
        return cut(arguments[0]) if arguments else check()
    except LocalError as error:
        warn(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
