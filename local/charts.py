"""The Helm charts' examples, rendered: `python -m local.charts` writes them; the tests compare.

What the rendering depends on is in the repository: the chart, the example's values, the files below monitoring/.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.services import ROOT

NAMESPACE = "mylittleshopping"


@dataclass(frozen=True)
class Example:
    """A chart with values for one use of it."""

    chart: str
    name: str
    release: str

    @property
    def chart_folder(self) -> Path:
        return ROOT / "helm" / self.chart

    @property
    def values(self) -> Path:
        return self.chart_folder / "examples" / self.name / "values.yaml"

    @property
    def rendered(self) -> Path:
        return self.values.with_name("rendered.yaml")


EXAMPLES = [
    Example(chart, name, release)
    for chart, release in (("mylittleshopping", "shop"), ("databases", "shop-databases"))
    for name in ("dev", "prod")
]


def helm(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Runs Helm; raises LocalError where it is not installed."""
    program = Path(sys.executable).with_name("helm")
    if not program.exists():
        raise LocalError("Helm is not installed: run `python3 -m local.bootstrap deploy`.")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def render(example: Example, *more: str) -> str:
    """An example's manifests; raises LocalError with Helm's message when it refuses the values."""
    done = helm(
        "template", example.release, example.chart_folder, "--namespace", NAMESPACE, "--values", example.values, *more
    )
    if done.returncode != 0:
        raise LocalError(done.stderr)
    return done.stdout


def main() -> int:
    for example in EXAMPLES:
        example.rendered.write_text(render(example))
        print(example.rendered.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
