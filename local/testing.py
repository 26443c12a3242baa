"""The tests' own PostgreSQL, and the run of every folder's tests against it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from local.errors import LocalError
from local.ports import free_ports
from local.postgres import Postgres
from local.services import ROOT, SERVICES

NO_TESTS_COLLECTED = 5
SUITES_AT_ONCE = 4
"""On two cores: those of the whole platform wait for a third of their time, and more."""


@dataclass(frozen=True)
class Suite:
    """One call of pytest, from its own folder: five Django projects cannot share a process."""

    name: str
    folder: Path
    arguments: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        return (self.folder / "tests").is_dir()


# The longest first, so that the others run beside it. Each of the platform's starts a platform of its own; what the
# permissions' walk leaves behind is of no checkout, which would be a finding to all others.
OF_THEIR_OWN = (
    "backups",
    "browser",
    "deploy",
    "charts",
    "fuzz",
    "local",
    "test_crash.py",
    "test_latency.py",
    "test_permissions.py",
    "test_what_needs_what.py",
)
SUITES = [
    Suite("crash", ROOT, ("tests/test_crash.py", "--durations=10")),
    Suite("needs", ROOT, ("tests/test_what_needs_what.py", "--durations=10")),
    Suite("platform", ROOT, ("tests", *(f"--ignore=tests/{name}" for name in OF_THEIR_OWN), "--durations=10")),
    Suite("permissions", ROOT, ("tests/test_permissions.py", "--durations=10")),
    Suite("local", ROOT, ("tests/local",)),
    Suite("chassis", ROOT / "chassis"),
    Suite("clients", ROOT / "clients"),
    *(Suite(service.name, service.folder) for service in SERVICES),
]
BROWSER = Suite("browser", ROOT, ("tests/browser",))
# Builds images and runs them: Docker, and minutes.
DEPLOY = Suite("deploy", ROOT, ("tests/deploy", "-s", "--durations=15"))
# Each with a platform or a database of its own, and often waiting for a disk: beside one another.
DRILL = [
    Suite("drill", ROOT, ("tests/backups/test_drill.py", "-s", "--durations=0")),
    Suite("agreement", ROOT, ("tests/backups/test_agreement.py", "--durations=0")),
    Suite("archives", ROOT, ("tests/backups/test_archives.py", "tests/backups/test_rules.py", "--durations=5")),
]
FUZZ = Suite("fuzz", ROOT, ("tests/fuzz",))
# Two, so that checkov and Terraform, which take as long as all the rest, run beside it.
TOOLS = ("tests/charts/test_checkov.py", "tests/charts/test_terraform.py")
CHARTS = [
    Suite("terraform", ROOT, (*TOOLS, "--durations=5")),
    Suite("charts", ROOT, ("tests/charts", *(f"--ignore={path}" for path in TOOLS), "--durations=5")),
]
# Compares times: not beside anything else.
LATENCY = Suite("latency", ROOT, ("tests/test_latency.py", "-s"))


@dataclass(frozen=True)
class Outcome:
    suite: Suite
    passed: int
    failed: int
    skipped: int
    failures: tuple[str, ...]
    seconds: float
    exit_code: int


@contextmanager
def throw_away_postgres(*, folder: Path | None = None, port: int | None = None) -> Iterator[Postgres]:
    """A PostgreSQL that promises nothing after a power cut; its folder is removed unless it was named."""
    home = folder or Path(tempfile.mkdtemp(prefix="shop-postgres-"))
    server = Postgres(
        name="tests", folder=home, port=port or free_ports(1)[0], log=home / "postgres.log", throw_away=True
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def run_suites(suites: Sequence[Suite], arguments: Sequence[str]) -> int:
    """Runs the suites, a few at a time; prints each one's output when it ends and a sum at the very end.

    Returns the exit code: 0 only when every suite passed.
    """
    present = [suite for suite in suites if suite.exists]
    with throw_away_postgres() as server, tempfile.TemporaryDirectory(prefix="shop-tests-") as reports:

        def run(suite: Suite) -> Outcome:
            url = server.provide(suite.name, may_create_databases=True)
            return _run(suite, {"DATABASE_URL": url}, arguments, Path(reports, f"{suite.name}.xml"))

        with ThreadPoolExecutor(SUITES_AT_ONCE) as pool:
            outcomes = list(pool.map(run, present))
    print()
    for outcome in outcomes:
        verdict = "ok" if outcome.exit_code == 0 else f"FAILED (pytest exit code {outcome.exit_code})"
        print(
            f"{outcome.suite.name:12} {outcome.passed:5} passed {outcome.failed:4} failed "
            f"{outcome.skipped:4} skipped {outcome.seconds:7.1f} s  {verdict}"
        )
    for outcome in outcomes:
        for name in outcome.failures:
            print(f"failed: {outcome.suite.name}: {name}")
    print(f"{sum(o.passed for o in outcomes)} passed, {sum(o.failed for o in outcomes)} failed")
    return 0 if all(outcome.exit_code == 0 for outcome in outcomes) else 1


def _run(suite: Suite, environment: Mapping[str, str], arguments: Sequence[str], report: Path) -> Outcome:
    command = [
        sys.executable, "-m", "pytest", *suite.arguments, *arguments,
        f"--junitxml={report}", "-o", "junit_logging=no", "-p", "no:cacheprovider",
    ]  # fmt: skip
    print(f"{suite.name}: testing …", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=suite.folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    code = 0 if done.returncode == NO_TESTS_COLLECTED and arguments else done.returncode
    print(f"\n=== {suite.name}\n{done.stdout.rstrip()}", flush=True)
    total, skipped, failures = _read(report)
    failed = len(failures)
    passed = total - failed - skipped
    if code != 0 and failed == 0:
        failed = 1  # nothing was collected, or pytest itself broke: that is a failure too
    return Outcome(suite, passed, failed, skipped, failures, time.monotonic() - started, code)


def _read(report: Path) -> tuple[int, int, tuple[str, ...]]:
    """How many tests there were, how many were skipped, and the names of those that failed."""
    if not report.exists():
        return 0, 0, ()
    # Of a file that pytest has just written.
    cases = ElementTree.parse(report).getroot().findall(".//testcase")  # noqa: S314 # nosec B314
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None and case not in bad]
    names = tuple(f"{case.get('classname')}::{case.get('name')}" for case in bad)
    return len(cases), len(skipped), names


def suites_named(names: Sequence[str]) -> list[Suite]:
    """The suites of those names (none: those of `make test`); raises LocalError for an unknown name."""
    known = {suite.name: suite for suite in [*SUITES, BROWSER, *CHARTS, DEPLOY, *DRILL, FUZZ, LATENCY]}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LocalError(f"There are no tests called {', '.join(unknown)}; there are: {', '.join(known)}.")
    return [known[name] for name in names] if names else SUITES


def run_with_postgres(*, name: str, folder: Path | None, port: int | None, command: Sequence[str]) -> int:
    """Holds a throw-away PostgreSQL: for the length of a command, or until a signal when there is none."""
    with throw_away_postgres(folder=folder, port=port) as server:
        url = server.provide(name, may_create_databases=True)
        if command:
            return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode
        print(f"DATABASE_URL={url}", flush=True)
        while server.process.running:
            time.sleep(0.5)
        raise LocalError(f"PostgreSQL ended by itself; see {server.process.log}.")
