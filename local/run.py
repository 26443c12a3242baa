"""`make run` and `make reset`: the platform for a person at a keyboard."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local import demo_accounts
from local.errors import LocalError
from local.platform import Platform, lock_folder
from local.postgres import stop_leftovers
from local.services import ROOT, SERVICES

VAR = Path(os.environ.get("PLATFORM_FOLDER", ROOT / "var")).resolve()


def run() -> int:
    """Starts the platform in its folder and keeps it up until Ctrl-C or SIGTERM."""
    platform = Platform(VAR, say=lambda line: print(line, flush=True))
    try:
        platform.start()
        print(table(platform), flush=True)
        platform.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C: the end is near, and bounded
        platform.stop()
    print(f"Stopped; the data stays in {relative(VAR)}.", flush=True)
    return 0


def reset() -> int:
    """Empties the platform's folder; raises LocalError while it runs."""
    handle = lock_folder(VAR)
    for service in SERVICES:
        stop_leftovers(VAR / "postgres" / service.name / "data")
    for entry in VAR.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    os.close(handle)
    print(f"{relative(VAR)} is empty.")
    return 0


def manage(name: str, arguments: Sequence[str]) -> int:
    """Runs a service's `manage.py` as the running platform's service would, at the terminal."""
    service = next((service for service in SERVICES if service.name == name), None)
    if service is None:
        raise LocalError(f"There is no service {name}; there are: {', '.join(each.name for each in SERVICES)}.")
    variables = Platform(VAR).variables(service)
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=service.folder, env=variables, check=False).returncode


def table(platform: Platform) -> str:
    """Where to click, and who can log in."""
    public = platform.url("aggregator")
    names = [service.name for service in platform.services]
    pages = ("/admin/", "/api/v1/", "/api/docs/")
    rows = [["", "admin", "browsable API", "documentation"]]
    rows += [[name, *(platform.url(name) + page for page in pages)] for name in names]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    buyers, sellers = demo_accounts.buyers(), demo_accounts.sellers()
    shops = [f"           {account.email} ({account.seller_name})" for account in sellers]
    return "\n".join(
        [
            "",
            f"The marketplace is running: {public}/api/v1/products is public, {public}/api/docs/ explains.",
            "",
            *lines,
            "",
            f"Log in anywhere with the password {demo_accounts.PASSWORD}:",
            f"  admin    {demo_accounts.admin().email}",
            f"  sellers{shops[0][9:]}",
            *shops[1:],
            f"  buyers   {buyers[0].email} … {buyers[-1].email}",
            "",
            f"Mails are files in {relative(platform.root / 'mail')}; for scripts, all of this is in "
            f"{relative(platform.root / 'demo.json')}.",
            "In another terminal: `make demo` buys something, `make logs` shows what happens. Ctrl-C stops.",
        ]
    )


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
