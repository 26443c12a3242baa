import json
import subprocess
import sys
from pathlib import Path

from local import demo_accounts
from local.services import ROOT


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_command_gets_a_database_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    code = "import os; print(os.environ['DATABASE_URL']); raise SystemExit(7)"
    done = local("pg-dev", "--name", "orders", "--folder", str(tmp_path), "--", sys.executable, "-c", code)
    assert done.returncode == 7
    assert done.stdout.startswith("postgres://orders:")
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_unknown_tests_and_services_are_refused_in_one_line() -> None:
    for arguments in (["test", "nonsense"], ["each", "nonsense", "--", "true"]):
        done = local(*arguments)
        assert done.returncode == 1
        assert "nonsense" in done.stderr
        assert done.stderr.count("\n") == 1


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    phony = (ROOT / "Makefile").read_text().split(".PHONY:")[1].split("\n\n")[0].replace("\\", " ").split()
    assert listed == set(phony)


def test_demo_accounts_are_the_same_on_every_machine(tmp_path: Path) -> None:
    demo_accounts.write_accounts(tmp_path / "accounts.json")
    accounts = {account["email"]: account for account in json.loads((tmp_path / "accounts.json").read_text())}
    assert len(accounts) == 156
    assert accounts["buyer001@demo.test"]["id"] == "04e845dd-0b33-5c4c-8877-ecf5535f5322"
    assert accounts["buyer150@demo.test"]["roles"] == ["buyer"]
    assert accounts["seller1@demo.test"]["roles"] == ["buyer", "seller"]
    assert accounts["seller1@demo.test"]["seller_name"] == "Atelier Margot"
    assert accounts["admin@demo.test"]["roles"] == ["admin"]
    assert len({account["id"] for account in accounts.values()}) == 156
