"""Breaks a copy of the code on purpose, one mistake at a time, and shows which net catches it.

    make mutations                     # all of them; about two minutes each
    make mutations ONLY="tombstone"    # those whose name contains it

Exits with 1 when a mistake gets through all its nets.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.services import ROOT
from tests.mutations.catalogue import MUTATIONS, Edit, Mutation, Net


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make mutations", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of the names of those to try")
    parser.add_argument("--all-nets", action="store_true", help="try every net, not only until one catches it")
    parsed = parser.parse_args(arguments)
    chosen = [each for each in MUTATIONS if not parsed.only or any(part in each.name for part in parsed.only)]
    survived = []
    print("| mistake | caught by | what failed | s |\n|---|---|---|---|", flush=True)
    for mutation in chosen:
        caught = False
        for net in mutation.nets:
            began = time.monotonic()
            failed = try_out(mutation, net)
            print(f"| {mutation.mistake} | {net.name if failed else f'not by {net.name}'} | {failed} ", end="")
            print(f"| {time.monotonic() - began:.0f} |", flush=True)
            caught = caught or bool(failed)
            if caught and not parsed.all_nets:
                break
        if not caught:
            survived.append(mutation.name)
    print(f"\n{len(chosen) - len(survived)} of {len(chosen)} mistakes were caught.")
    for name in survived:
        print(f"Not caught: {name}")
    return 1 if survived else 0


def try_out(mutation: Mutation, net: Net) -> str:
    """What failed in a mutated copy; empty when the net let the mistake pass."""
    with copy_of_the_code() as copy:
        for edit in mutation.edits:
            apply(edit, copy)
        paths = [copy, copy / "chassis", copy / "clients"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(path) for path in paths)}
        done = subprocess.run(
            [sys.executable, *net.arguments],
            cwd=copy,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return ""
        return what_failed(done.stdout)


def apply(edit: Edit, root: Path) -> None:
    """Raises ValueError unless the text occurs exactly once."""
    path = root / edit.path
    text = path.read_text()
    if text.count(edit.before) != 1:
        raise ValueError(f"{edit.path} holds {edit.before!r} {text.count(edit.before)} times, not once")
    path.write_text(text.replace(edit.before, edit.after))


def what_failed(output: str) -> str:
    """The first failure in the words of the net that found it."""
    marks = ("failed: ", "FAILED ", "ERROR ", "finding: ", "Error")
    lines = output.splitlines()
    for mark in marks:
        found = [line.strip() for line in lines if mark in line]
        if found:
            return found[0].replace("|", "/")[:160]
    return (lines[-1] if lines else "it failed without a word").replace("|", "/")[:160]


@contextmanager
def copy_of_the_code() -> Iterator[Path]:
    """All that is or may be committed, in a folder of its own: a mistake never touches the real one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="shop-mutation-") as folder:
        for name in filter(None, listed.stdout.split("\0")):
            source, target = ROOT / name, Path(folder, name)
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
