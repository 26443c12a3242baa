"""The rules around backups, with made-up dates and folders: what is deleted when, and what a crash leaves."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from backups import dumping, listing, metrics, restoring, serving, taking
from backups.__main__ import main, moment
from backups.barman import RESTORES, TAKES, Backup, Barman, Encryption, Server, end_leftovers, lsn
from backups.policy import Policy
from backups.setup import encryption_of, in_a_container
from backups.stamps import stamp, stamped
from local.errors import LocalError
from local.holds import hold, is_held
from local.ports import LOOPBACK
from local.postgres import Postgres, finish_swap, set_aside_ended_log
from local.services import ROOT, SERVICES
from tests.backups.drill import wait_for

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def backup(ident: str, *, days_ago: float = 0, parent: str | None = None, timeline: int = 1) -> Backup:
    ended = NOW - timedelta(days=days_ago)
    return Backup(
        ident, "orders", "DONE", parent, timeline, ended, ended, 100, 1.0, "0" * 24, lsn("0/0"), is_archived=False
    )


def barman_with(tmp_path: Path, backups: Sequence[Backup], **policy: Any) -> Any:
    """What the rules ask of Barman, whose catalogue holds these."""
    (tmp_path / "orders" / "base").mkdir(parents=True)
    for each in backups:
        (tmp_path / "orders" / "base" / each.id).mkdir()
    return SimpleNamespace(
        policy=replace(Policy.read(), **policy),
        home=tmp_path,
        directory=lambda server: tmp_path / server,
        backups=lambda _server: list(backups),
        servers={"orders": None},
    )


# What is deleted


def test_the_last_full_backup_before_the_window_is_kept_and_those_before_it_are_deleted(tmp_path: Path) -> None:
    fulls = [backup(f"{days}d", days_ago=days) for days in (1, 8, 15, 22, 29, 36, 43)]
    found = taking.obsolete(fulls, now=NOW, barman=barman_with(tmp_path, fulls))
    assert [each.id for each in found] == ["43d", "36d"]


def test_nothing_is_deleted_while_the_window_is_not_full(tmp_path: Path) -> None:
    fulls = [backup(f"{days}d", days_ago=days) for days in (1, 8, 27)]
    assert taking.obsolete(fulls, now=NOW, barman=barman_with(tmp_path, fulls)) == []


def test_however_old_two_full_backups_stay(tmp_path: Path) -> None:
    fulls = [backup(f"{days}d", days_ago=days) for days in (300, 400, 500)]
    found = taking.obsolete(fulls, now=NOW, barman=barman_with(tmp_path, fulls))
    assert [each.id for each in found] == ["500d"]


def test_a_backup_that_is_gone_from_the_disk_does_not_stand_in_for_an_older_one(tmp_path: Path) -> None:
    fulls = [backup(f"{days}d", days_ago=days) for days in (1, 8, 15, 22, 29, 36, 43)]
    barman = barman_with(tmp_path, fulls)
    assert taking.newest_broken(fulls, now=NOW, barman=barman) is None
    (tmp_path / "orders" / "base" / "29d").rmdir()
    (tmp_path / "orders" / "base" / "43d").rmdir()
    assert [each.id for each in taking.obsolete(fulls, now=NOW, barman=barman)] == ["43d"]
    assert taking.newest_broken(fulls, now=NOW, barman=barman) is None
    (tmp_path / "orders" / "base" / "8d").rmdir()
    found = taking.newest_broken(fulls, now=NOW, barman=barman)
    assert (found and found.id) == "8d"


def test_nothing_is_deleted_while_a_backup_of_the_window_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age = (datetime.now(UTC) - NOW).total_seconds() / 86400
    fulls = [backup(f"{days}d", days_ago=days - age) for days in (1, 8, 15, 22, 29, 36, 43)]
    barman, ran = barman_with(tmp_path, fulls), []
    monkeypatch.setattr(barman, "run", lambda *command, say: ran.append(command[2]), raising=False)
    (tmp_path / "orders" / "base" / "1d").rename(tmp_path / "1d")
    told: list[str] = []
    assert taking.expire(barman, "orders", say=told.append) == []
    assert (ran, "1d cannot be restored" in told[0]) == ([], True)
    (tmp_path / "1d").rename(tmp_path / "orders" / "base" / "1d")
    assert taking.expire(barman, "orders", say=told.append) == ["43d", "36d"] == ran


# What Barman is asked


def test_a_backup_that_is_done_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    statuses = {"new": "WAITING_FOR_WALS", "old": "DONE"}

    def ask(_self: Barman, *arguments: str) -> Any:
        asked.append(arguments)
        if arguments[0] == "list-backups":
            return {"orders": [{"backup_id": ident, "status": status} for ident, status in statuses.items()]}
        return {"orders": {"status": statuses[arguments[2]], "base_backup_information": {"timeline": 3}}}

    monkeypatch.setattr(Barman, "ask", ask)

    def known() -> list[tuple[str, str, int]]:
        barman = Barman(tmp_path, [Server("orders", LOOPBACK, 1, "secret")], Policy.read())
        barman.backups("orders")
        return [(each.id, each.status, each.timeline) for each in barman.backups("orders")]

    assert known() == [("new", "WAITING_FOR_WALS", 3), ("old", "DONE", 3)]
    asked.clear()
    statuses["new"] = "DONE"
    assert known() == [("new", "DONE", 3), ("old", "DONE", 3)]
    assert asked == [("list-backups", "orders"), ("show-backup", "orders", "new")]
    del statuses["old"]
    assert known() == [("new", "DONE", 3)]


# What the next backup stands on


@pytest.fixture
def on_timeline_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "current_timeline", lambda _server: 1)


@pytest.mark.usefixtures("on_timeline_1")
@pytest.mark.parametrize(
    ("known", "parent", "why"),
    [
        ([], None, "there is none yet"),
        ([backup("f", days_ago=6)], "f", ""),
        ([backup("i", days_ago=1, parent="f"), backup("f", days_ago=6)], "i", ""),
        ([backup("i", days_ago=1, parent="f"), backup("f", days_ago=7)], None, "is 7 days old"),
        ([backup("i", days_ago=1, parent="f")], None, "is broken"),
        ([backup("f", days_ago=1, timeline=2)], None, "was restored"),
    ],
)
def test_a_backup_is_incremental_on_the_last_while_the_policy_lets_it(
    tmp_path: Path, known: list[Backup], parent: str | None, why: str
) -> None:
    found, reason = taking.parent_for(known, barman_with(tmp_path, known), "orders", now=NOW)
    assert ((found and found.id), why in reason) == (parent, True)


@pytest.mark.usefixtures("on_timeline_1")
def test_a_chain_whose_files_are_gone_is_not_stood_on(tmp_path: Path) -> None:
    known = [backup("i", days_ago=1, parent="f"), backup("f", days_ago=2)]
    barman = barman_with(tmp_path, known)
    (tmp_path / "orders" / "base" / "f").rmdir()
    assert taking.parent_for(known, barman, "orders", now=NOW)[0] is None


@pytest.mark.parametrize(("age", "doubted"), [(25, False), (27, True)])
def test_a_backup_that_is_too_old_is_doubted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, doubted: bool
) -> None:
    barman = barman_with(tmp_path, [backup("f", days_ago=age / 24)])
    monkeypatch.setattr(listing, "received_until", lambda _barman, _server: NOW)
    assert listing.doubts(barman, "orders", now=NOW) == (
        [f"orders: the last good backup is {age} h old"] if doubted else []
    )
    monkeypatch.setattr(listing, "received_until", lambda _barman, _server: NOW - timedelta(minutes=10))
    assert "orders: the log was last received 10 min ago" in listing.doubts(barman, "orders", now=NOW)


def test_prometheus_is_told_when_the_last_backup_ended_that_can_be_restored(tmp_path: Path) -> None:
    known = [backup("new", days_ago=1, parent="gone"), backup("i", days_ago=2, parent="f"), backup("f", days_ago=3)]
    barman = barman_with(tmp_path, known)
    metrics.note_completed(barman, "orders")
    expected = f'{{app="orders"}} {(NOW - timedelta(days=2)).timestamp():.0f}\n'
    assert expected in (tmp_path / "metrics.prom").read_text()
    pages = metrics.serve(barman, port=0)
    try:
        answer = requests.get(f"http://{LOOPBACK}:{pages.server_address[1]}/metrics", timeout=10)
    finally:
        pages.shutdown()
    assert expected in answer.text
    known.clear()
    metrics.note_completed(barman, "orders")
    assert "orders" not in (tmp_path / "metrics.prom").read_text()


def test_a_command_that_failed_last_is_doubted_and_told_until_it_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(listing, "received_until", lambda _barman, _server: now)
    fresh = replace(backup("f"), began_at=now, ended_at=now)
    barman = barman_with(tmp_path, [fresh])
    for folder, command in ((tmp_path / "orders", "verify"), (tmp_path, "copy")):
        with pytest.raises(KeyboardInterrupt), stamped(folder, command):
            raise KeyboardInterrupt
        with pytest.raises(LocalError), stamped(folder, command):
            raise LocalError("no such key")
    assert listing.doubts(barman, "orders", now=now) == ["orders: verify failed 0 s ago: no such key"]
    assert listing.doubts_of_the_copy(barman, now=now) == ["the copy failed 0 s ago: no such key"]
    told = metrics.exposition(barman)
    assert 'shop_backup_failed_timestamp_seconds{command="verify",app="orders"} ' in told
    assert 'shop_backup_succeeded_timestamp_seconds{command="copy"}' not in told
    with stamped(tmp_path / "orders", "verify"), stamped(tmp_path, "copy"):
        pass
    assert listing.doubts(barman, "orders", now=now) == []
    assert listing.doubts_of_the_copy(barman, now=now) == []
    assert 'shop_backup_succeeded_timestamp_seconds{command="copy"} ' in metrics.exposition(barman)


def test_what_was_not_verified_or_copied_for_long_is_doubted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "received_until", lambda _barman, _server: NOW)
    barman = barman_with(tmp_path, [backup("i", parent="f"), backup("f", days_ago=16)])
    assert listing.doubts(barman, "orders", now=NOW) == [
        "orders: no backup was verified for 16 d: make verify-backup SERVICE=orders"
    ]
    assert listing.doubts_of_the_copy(barman, now=NOW) == ["nothing was ever copied"]
    with stamped(tmp_path, "copy"):
        pass
    copied_at = stamp(tmp_path, "copy").succeeded
    assert copied_at is not None
    assert listing.doubts_of_the_copy(barman, now=copied_at + timedelta(minutes=59)) == []
    assert listing.doubts_of_the_copy(barman, now=copied_at + timedelta(hours=2)) == ["the copy is 2 h old"]


# Moments


def test_a_moment_is_in_utc_unless_it_says_otherwise() -> None:
    assert moment("2025-11-22 14:05") == datetime(2025, 11, 22, 14, 5, tzinfo=UTC)
    assert moment("2025-11-22T14:05:30.5+01:00") == datetime(2025, 11, 22, 13, 5, 30, 500000, tzinfo=UTC)
    assert moment(" Latest ") is None
    for wrong in ("", "soon", "2999-01-01 00:00", "0001-01-01 00:00+05:00", "9999-12-31 23:59-05:00"):
        with pytest.raises(LocalError, match="AT="):
            moment(wrong)


def test_only_a_whole_dump_of_the_same_service_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "dump.sql"
    text = dumping.HEADER.format(name="payment", moment="2026-11-22T12:00:00+00:00") + "SELECT 1;\n" * 1000
    file.write_text(text + "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n")
    assert dumping.moment_of("payment", file) == NOW
    with pytest.raises(LocalError, match="is a dump of payment, not of orders"):
        dumping.moment_of("orders", file)
    file.write_text(text)
    with pytest.raises(LocalError, match="not whole"):
        dumping.moment_of("payment", file)
    file.write_bytes(b"\xff" * 100)
    with pytest.raises(LocalError, match="no dump that"):
        dumping.moment_of("payment", file)


def test_the_key_is_kept_for_commands_that_are_not_told_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BACKUP_ENCRYPTION_KEY", "BACKUP_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "backups"
    assert encryption_of(home) is None
    monkeypatch.setenv("BACKUP_ENCRYPTION_KEY", "one@example.com")
    assert encryption_of(home) == Encryption("one@example.com")
    monkeypatch.delenv("BACKUP_ENCRYPTION_KEY")
    (tmp_path / "passphrase").write_text("open sesame")
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    assert encryption_of(home) == Encryption("one@example.com", tmp_path / "passphrase")
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(tmp_path / "nothing"))
    with pytest.raises(LocalError, match="is no file"):
        encryption_of(home)


# What a crash leaves


def test_what_a_killed_barman_has_left_at_work_is_ended_and_nothing_else(tmp_path: Path) -> None:
    program = tmp_path / "pg_basebackup"
    program.write_text("#!/bin/sh\nread line\n")
    program.chmod(0o700)
    here, elsewhere = (
        subprocess.Popen([program, f"--pgdata={tmp_path}/{name}/20260101T000000/data"], stdin=subprocess.PIPE)
        for name in ("base", "other")
    )
    with here, elsewhere:
        end_leftovers(tmp_path / "base", RESTORES)
        assert here.poll() is None  # who verifies reads there, and is let alone
        end_leftovers(tmp_path / "base", TAKES)
        assert here.wait(10) == -signal.SIGKILL
        assert elsewhere.poll() is None
        elsewhere.kill()


def test_a_swap_that_was_cut_off_is_ended_and_a_whole_one_left_alone(tmp_path: Path) -> None:
    data, restored = tmp_path / "data", tmp_path / "data.restored-20261122T120000"
    restored.mkdir()
    (restored / "new").touch()
    finish_swap(data)
    assert (data / "new").exists()
    assert not restored.exists()
    restored.mkdir()
    finish_swap(data)
    assert restored.exists()
    assert (data / "new").exists()


def test_what_a_killed_restore_built_is_removed_and_data_is_not(tmp_path: Path) -> None:
    place = restoring.Place("orders", tmp_path / "data", "nobody", tmp_path / "log")
    for name in ("data", "data.building", "data.building.staging", "data.restored-1", "data.replaced-1"):
        (tmp_path / name).mkdir()
    restoring.remove_leftovers(place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data.replaced-1"]


def test_a_database_whose_folder_is_gone_does_not_begin_anew(tmp_path: Path) -> None:
    server = Postgres(name="orders", folder=tmp_path, port=1, log=tmp_path / "log")
    (tmp_path / "initialised").touch()
    with pytest.raises(LocalError, match=r"is gone\. Restore it: `make restore SERVICE=orders AT=latest`"):
        server.start()
    assert not server.data.exists()


def test_segments_of_ended_timelines_are_put_where_a_restore_finds_them(tmp_path: Path) -> None:
    archive = tmp_path / "streaming"
    archive.mkdir()
    names = ("000000010000000000000007.partial", "000000010000000000000006", "000000020000000000000007.partial")
    for name in (*names, "00000002.history"):
        (archive / name).touch()
    set_aside_ended_log(archive, 2)
    assert {path.name for path in archive.iterdir()} == {"000000020000000000000007.partial", "00000002.history"}
    ended = {path.name for path in (tmp_path / "ended").iterdir()}
    assert ended == {"000000010000000000000007", "000000010000000000000006"}


def test_a_hold_ends_with_its_process(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    code = f"""if True:
        from pathlib import Path
        from local.holds import hold
        with hold(Path({str(tmp_path)!r})):
            print("held", flush=True)
            input()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    assert is_held(tmp_path)
    with pytest.raises(LocalError, match=f"pid {child.pid}"), hold(tmp_path):
        raise AssertionError
    child.kill()
    child.wait()
    assert not is_held(tmp_path)


def test_a_look_at_a_hold_does_not_hinder_whoever_takes_it(tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    handle = os.open(tmp_path / "hold", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    threading.Timer(0.3, os.close, [handle]).start()
    with hold(tmp_path):
        assert is_held(tmp_path)


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    assert serving.run_at_most(10, "sh", "-c", "exit 3") == 3
    began, child = time.monotonic(), tmp_path / "child"
    assert serving.run_at_most(0.5, "sh", "-c", f"sleep 60 & echo $! > {child}; wait") is None
    assert time.monotonic() - began < 10
    wait_for(lambda: not Path(f"/proc/{int(child.read_text())}").exists())


# In containers


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of the container that restores, with the data of the orders in the folder."""
    secrets, databases = tmp_path / "secrets", tmp_path / "databases"
    secrets.mkdir()
    for service in SERVICES:
        (secrets / f"{service.name}_backup_password").write_text("secret")
    (databases / "orders" / "18" / "docker").mkdir(parents=True)
    monkeypatch.setattr("backups.setup.SECRETS", secrets)
    monkeypatch.setenv("BACKUP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BACKUP_DATABASES", str(databases))
    monkeypatch.delenv("BACKUP_ENCRYPTION_KEY", raising=False)
    return databases / "orders" / "18"


def test_old_data_is_forgotten_in_a_container_that_has_it(
    container: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (container / "docker.replaced-20261122T120000").mkdir()
    assert main(["forget", "--service", "orders"]) == 0
    assert [path.name for path in container.iterdir()] == ["docker"]
    assert main(["forget"]) == 1  # each on its own
    assert main(["forget", "--service", "payment"]) == 1
    assert "run --rm --no-deps restore python -m backups forget --service payment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["restore", "--service", "", "--at", "latest"], "Which service? SERVICE= is one of: "),
        (["restore", "--service", "orders", "--at", ""], "AT='' is no time like"),
        (["load", "--service", "", "--file", ""], "Which service? SERVICE= is one of: "),
        (["reachable", "--service", ""], "Which service? SERVICE= is one of: "),
    ],
)
def test_what_is_not_named_is_asked_for(
    container: Path, capsys: pytest.CaptureFixture[str], command: list[str], said: str
) -> None:
    """`make restore SERVICE=$SERVICE AT=$AT` passes variables on that may be empty."""
    assert main(command) == 1
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("container")
def test_a_restore_is_asked_for_its_moment(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["restore", "--service", "orders"])
    assert "--at" in capsys.readouterr().err


def test_a_dump_is_not_written_where_it_cannot_be(tmp_path: Path) -> None:
    login = dumping.Login("127.0.0.1", 1, "orders", "secret", "orders")
    for file, said in ((tmp_path, "is a folder"), (Path("/proc/dump.sql"), "cannot be written")):
        with pytest.raises(LocalError, match=said):
            dumping.dump("orders", login, file, say=print)


def test_a_database_that_runs_is_not_replaced(container: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = container / "docker" / "postmaster.pid"
    lock.touch()
    setup = in_a_container()
    with socket.create_server((LOOPBACK, 0)) as running:
        answering = running.getsockname()
        connect = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda _address, timeout: connect(answering, timeout))
        with pytest.raises(LocalError, match="orders-database runs"):
            setup.make_down("orders")
    assert lock.exists()
    setup.make_down("orders")
    assert not lock.exists()


@pytest.mark.parametrize(
    ("failing", "stopped", "started"),
    [("backups reachable", False, False), ("backups restore", True, True), ("record_restore", True, True)],
)
def test_a_restore_that_fails_leaves_no_container_down(
    tmp_path: Path, failing: str, stopped: bool, started: bool
) -> None:
    compose, log = tmp_path / "compose", tmp_path / "log"
    compose.write_text(f'#!/bin/sh\necho "$*" >> {log}\ncase "$*" in *"{failing}"*) exit 1;; esac\n')
    compose.chmod(0o700)
    script = ROOT / "docker" / "backup" / "restore.sh"
    done = subprocess.run(["sh", script, "inventory"], env=os.environ | {"COMPOSE": str(compose)}, check=False)
    assert done.returncode == 1
    ran = log.read_text().splitlines()
    assert any(line.startswith("stop ") for line in ran) == stopped
    assert (ran[-1] == "up --detach inventory-database inventory inventory-worker") == started
    assert "chown -R 10001:10001" in ran[-2] if started else len(ran) == 1, ran


# Timelines


def test_a_moment_lies_on_the_timeline_that_the_database_was_on(tmp_path: Path) -> None:
    wals, restores = tmp_path / "orders" / "wals", tmp_path / "orders" / "restores"
    wals.mkdir(parents=True)
    restores.mkdir()
    barman: Any = SimpleNamespace(directory=lambda server: tmp_path / server)
    for timeline, began in ((2, NOW), (3, NOW + timedelta(hours=2))):
        (wals / f"{timeline:08X}.history").touch()  # later: the report knows better
        (restores / f"{timeline}.json").write_text(json.dumps({"timeline": timeline, "began": began.isoformat()}))
    hours = {-1: 1, 0: 2, 1: 2, 2: 3, 3: 3}
    found = {hour: restoring.timeline_at(barman, "orders", NOW + timedelta(hours=hour)) for hour in hours}
    assert found == hours
    assert restoring.timeline_at(barman, "orders", None) == 3


def test_a_timelines_history_says_where_it_left_others(tmp_path: Path) -> None:
    wals = tmp_path / "orders" / "wals"
    wals.mkdir(parents=True)
    (wals / "00000003.history").write_text("1\t0/7000148\tbefore …\n\n2\t0/9000028\tno recovery target specified\n")
    barman: Any = SimpleNamespace(directory=lambda server: tmp_path / server)
    assert restoring.newest_timeline(barman, "orders") == 3
    assert restoring.branch_points(barman, "orders", 3) == {1: 0x7000148, 2: 0x9000028}
