"""Makes `.venv` from the lock file with nothing but the standard library.

`python3 -m local.bootstrap [GROUP…]` runs under whatever python3 is, so that an old one gets a message and
not a syntax error. It does nothing when the lock file and the projects' files are as they were the last time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "setup.json"
OLDEST_PYTHON = (3, 11)


def main(groups: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        return fail(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    if is_fresh(groups):
        return 0
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # a second make waits here, and then finds the work done
        return 0 if is_fresh(groups) else set_up(groups)
    except PermissionError as error:
        return fail(f"{VENV} cannot be written ({error}); it may belong to another user.")
    except subprocess.CalledProcessError as error:
        return fail(f"`{' '.join(map(str, error.cmd))}` failed; if .venv is damaged, remove it and try again.")
    except KeyboardInterrupt:
        return fail("Interrupted; the next make goes on from here.")
    finally:
        os.close(handle)


def set_up(groups: list[str]) -> int:
    wanted = sorted({*groups, *last_time().get("groups", [])})
    version, digests = locked_uv()
    if not uv_is(version):
        print("Making .venv …", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
        if made.returncode != 0:
            return fail(f"python3 cannot make a virtual environment:\n{made.stdout}{made.stderr}")
        requirements = VENV / "uv.txt"
        requirements.write_text(f"uv=={version} {' '.join(f'--hash={digest}' for digest in digests)}\n")
        run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements])
    print("Installing what uv.lock names …", flush=True)
    groups_too = [f"--group={group}" for group in wanted]
    run([VENV / "bin" / "uv", "sync", "--quiet", "--locked", "--all-packages", *groups_too])
    half_written = STAMP.with_suffix(".new")
    half_written.write_text(json.dumps({"inputs": inputs(), "groups": wanted}))
    half_written.replace(STAMP)
    return 0


def is_fresh(groups: list[str]) -> bool:
    last = last_time()
    return last.get("inputs") == inputs() and set(groups) <= set(last.get("groups", []))


def last_time() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found


def inputs() -> str:
    """A digest of all that decides what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted([ROOT / "uv.lock", ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def locked_uv() -> tuple[str, list[str]]:
    """The version of uv itself, and the digests of its files."""
    package = re.search(
        r'^name = "uv"\nversion = "(.+?)"(.*?)(^\[\[package|\Z)',
        (ROOT / "uv.lock").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    if package is None:
        raise LookupError("uv.lock does not name uv")
    return package[1], re.findall(r"sha256:[0-9a-f]{64}", package[2])


def uv_is(version: str) -> bool:
    try:
        found = subprocess.run([VENV / "bin" / "uv", "--version"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return found.stdout.split()[1] == version


def run(command: list[str | Path]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    environment.update(UV_PROJECT_ENVIRONMENT=str(VENV), UV_PYTHON_DOWNLOADS="never")
    if not os.access(Path.home(), os.W_OK):
        environment.setdefault("UV_CACHE_DIR", str(VENV / "uv-cache"))
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
