"""checkov over the rendered charts and Terraform: every finding is mended, or left with a reason."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from local.charts import EXAMPLES
from local.services import ROOT
from tests.charts.tools import checkov

SUPPRESSIONS = Path(__file__).with_name("suppressions.yaml")


def findings() -> Iterator[tuple[str, str, str]]:
    """Each failed check: its id, the resource, and what the check asks for."""
    command: list[str | Path] = [checkov(), "--skip-download", "--compact", "--quiet", "--output", "json"]
    command += ["--framework", "kubernetes", "terraform"]
    for example in EXAMPLES:
        command += ["--file", example.rendered.relative_to(ROOT)]
    command += [part for path in sorted(ROOT.glob("terraform/**/*.tf")) for part in ("--file", path.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    reports: Any = json.loads(done.stdout)
    looked_at = 0
    for report in reports if isinstance(reports, list) else [reports]:
        assert report["summary"]["parsing_errors"] == 0
        looked_at += report["summary"]["passed"]
        for one in report["results"]["failed_checks"]:
            yield one["check_id"], one["resource"], one["check_name"]
    assert looked_at > 1500


def test_every_finding_is_mended_or_left_with_a_reason() -> None:
    left = yaml.safe_load(SUPPRESSIONS.read_text())
    assert all(len(each["reason"]) > 30 for each in left)
    used = set()
    open_ = []
    for check, resource, text in findings():
        fitting = [
            n
            for n, one in enumerate(left)
            if re.fullmatch(one["check"], check) and re.fullmatch(one["resources"], resource)
        ]
        used |= set(fitting)
        if not fitting:
            open_.append(f"{check} {resource}: {text}")
    assert open_ == []
    assert [left[n]["check"] for n in range(len(left)) if n not in used] == [], "no finding needs these any more"
