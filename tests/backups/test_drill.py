"""The drill: databases are damaged in every way that we know, and have to come back row for row.

Everything is real: the platform runs, Barman takes the backups, an operator's commands restore.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from local.holds import hold
from tests.backups.conftest import Under
from tests.backups.drill import Drill, Writer, wait_for

THREADS = 16  # at least as many as a service's web process has
WITHOUT_ROOM = ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), "--mount", "sh", "-c")


def mounted(folder: str, size: str) -> list[str]:
    """What stands before a command to give it a small disk of its own at that folder."""
    return [*WITHOUT_ROOM, f'mount -t tmpfs -o size={size} drill "{folder}" && exec "$@"', "sh"]


def test_a_deleted_database_comes_back_to_its_last_moment_and_to_a_chosen_one(
    under_drill: Under, figures: dict[str, Any]
) -> None:
    drill = under_drill("payment")
    drill.load()
    full = drill.take("full")
    drill.load()
    first = drill.take()
    assert "incremental backup on" in first.output
    drill.load()
    chosen = drill.moment()
    drill.load()
    second = drill.take()
    drill.load()
    with Writer(drill) as writer:
        wait_for(lambda: len(writer.acknowledged) > 300)
        shutil.rmtree(drill.data)
        os.kill(drill.platform.process(f"{drill.service}-postgres").pid or 0, signal.SIGKILL)
        died_at = datetime.now(UTC)
    wait_for(lambda: not drill.answers())

    done = drill.restore()
    held = {number for (number,) in drill.ask("SELECT id FROM drill_writes")}
    lost = [at for number, at in writer.acknowledged.items() if number not in held]
    assert held == set(range(1, max(held) + 1))
    rpo = (died_at - min(lost)).total_seconds() if lost else 0.0
    assert rpo < 1.0, f"{len(lost)} acknowledged commits of the last {rpo} s are lost"
    batches = {number for (number,) in drill.ask("SELECT DISTINCT batch FROM drill")}
    assert batches == set(range(1, drill.batches + 1))
    figures["recovery"] = {
        "service": drill.service,
        "rpo_seconds": rpo,
        "acknowledged": len(writer.acknowledged),
        "lost": len(lost),
        "rto_seconds": done.seconds,
    }
    figures["commands"] = {"full": full.seconds, "first": first.seconds, "second": second.seconds}

    drill.restore(chosen.at)
    assert drill.contents() == chosen.contents
    drill.release()


def test_a_bad_delete_is_undone_and_the_moment_after_it_stays_within_reach(under_drill: Under) -> None:
    drill = under_drill("inventory")
    drill.load()
    drill.take("full")
    drill.load()
    before = drill.moment()
    drill.ask("DELETE FROM drill")
    time.sleep(0.5)
    drill.ask("INSERT INTO drill (batch, content) VALUES (0, 'after the mistake')")
    after = drill.moment()
    drill.restore(before.at)
    assert drill.contents() == before.contents
    # Whoever finds out that this was no mistake goes back along the history that was left.
    drill.restore(after.at)
    assert drill.contents() == after.contents
    drill.release()
    # The next backup knows that a new history has begun.
    drill.load()
    assert "restored since" in drill.take().output
    drill.load()
    assert "incremental backup on" in drill.take().output
    kept = drill.moment()
    drill.restore()
    assert drill.contents() == kept.contents
    # And back to before all of it, past the histories that were begun since.
    drill.restore(before.at)
    assert drill.contents() == before.contents
    drill.release()
    drill.take()
    drill.load()
    assert "incremental backup on" in drill.take().output


def test_a_corrupted_page_fails_the_backup_and_is_gone_after_the_restore(under_drill: Under) -> None:
    drill = under_drill("orders")
    drill.load()
    drill.take("full")
    drill.load()
    known = drill.moment()
    path = drill.data / drill.ask("SELECT pg_relation_filepath('drill')")[0][0]
    drill.platform.postgres[drill.service].as_superuser("CHECKPOINT;")  # or the replay would mend it
    drill.platform.stop_process(f"{drill.service}-postgres")
    with path.open("r+b") as file:
        file.seek(8192 * 3 + 4000)
        old = file.read(16)
        file.seek(8192 * 3 + 4000)
        file.write(bytes(byte ^ 0xFF for byte in old))
    drill.platform.start_process(f"{drill.service}-postgres")
    drill.wait_until_back()
    refused = drill.command("take", "--type", "full")
    assert refused.code == 1, refused.output
    assert "checksum" in refused.output, refused.output
    drill.restore()
    assert drill.contents() == known.contents
    drill.release()
    drill.take()


def test_a_missing_increment_is_told_and_does_not_hinder_a_restore(under_drill: Under) -> None:
    drill = under_drill("auth")
    drill.load()
    drill.take("full")
    drill.load()
    lost = drill.take("incremental").line("incremental backup on")
    drill.load()
    drill.take("incremental")
    known = drill.moment()
    increments = sorted(path.name for path in (drill.backups / "base").iterdir())
    assert lost.endswith(increments[-3])
    shutil.rmtree(drill.backups / "base" / increments[-2])
    listed = drill.command("list")
    assert listed.code == 1
    assert "chain broken" in listed.line(increments[-1])
    drill.restore()
    assert drill.contents() == known.contents
    drill.release()
    assert "full backup" in drill.take().output


def test_a_gap_in_the_log_refuses_the_restore_and_changes_nothing(under_drill: Under) -> None:
    drill = under_drill("aggregator")
    drill.load()
    drill.take("full")
    for _ in range(3):
        drill.load()
        drill.take("incremental")  # ends a segment
    known = drill.moment()
    segments = sorted(path for path in drill.backups.glob("wals/*/*") if len(path.name) == 24)
    names = sorted(path.name for path in (drill.backups / "base").iterdir())
    hidden = segments[-2].rename(drill.backups / "hidden")
    for name in names[-2:]:  # those that begin after the gap
        (drill.backups / "base" / name).rename(drill.backups / name)
    refused = drill.command("restore", "--at", "latest")
    assert refused.code == 1, refused.output
    assert segments[-2].name in refused.output, refused.output
    # As if it had never been received.
    barman = [str(Path(sys.executable).with_name("barman")), "-c", str(drill.backups.parent / "barman.conf")]
    subprocess.run([*barman, "rebuild-xlogdb", drill.service], check=True)
    refused = drill.command("restore", "--at", "latest")
    assert refused.code == 1, refused.output
    assert "the log has a gap" in refused.output, refused.output
    drill.wait_until_back()
    assert drill.contents() == known.contents
    hidden.rename(segments[-2])
    subprocess.run([*barman, "rebuild-xlogdb", drill.service], check=True)
    for name in names[-2:]:
        (drill.backups / name).rename(drill.backups / "base" / name)
    drill.restore()
    assert drill.contents() == known.contents


def test_a_full_disk_fails_backup_and_restore_with_nothing_lost(under_drill: Under) -> None:
    drill = under_drill("orders")
    drill.load()
    drill.take("full")
    known = drill.moment()
    (drill.backups / "base").mkdir(exist_ok=True)
    refused = drill.command("take", "--type", "full", within=mounted(str(drill.backups / "base"), "8m"))
    assert refused.code == 1, refused.output
    assert "No space left" in refused.output, refused.output
    verifying = drill.platform.root / "backups" / "verifying"
    verifying.mkdir(exist_ok=True)
    refused = drill.command("verify", within=mounted(str(verifying), "8m"))
    assert refused.code == 1
    assert "are free" in refused.output, refused.output
    # A disk that turns out to be full in the middle: no file may grow past a megabyte.
    refused = drill.command("restore", "--at", "latest", within=["sh", "-c", 'ulimit -f 2000; exec "$@"', "sh"])
    assert refused.code == 1, refused.output
    drill.wait_until_back()
    assert drill.contents() == known.contents
    assert not [path for path in drill.folder.glob("data.*") if "replaced" not in path.name]
    drill.take()
    drill.succeeds("verify")
    drill.restore()
    assert drill.contents() == known.contents


def test_after_a_kill_in_a_backup_the_next_one_is_good(under_drill: Under) -> None:
    drill = under_drill("inventory")
    drill.load(20000)
    drill.take("full")
    postgres = drill.platform.process(f"{drill.service}-postgres")
    whole = set(drill.catalogue())

    def while_it_copies(victims: Callable[[], list[int]]) -> Callable[[], list[int]]:
        return lambda: victims() if drill.unfinished_backup() else []

    print("killing Barman in a backup")
    failed = drill.fails("take", "--type", "full", killing=while_it_copies(lambda: drill.programs("barman")))
    assert "barman backup was ended by SIGKILL" in failed.output, failed.output
    assert "No backup of: inventory" in failed.output.replace(drill.service, "inventory")
    assert set(drill.catalogue()) == whole
    print("killing PostgreSQL in a backup")
    failed = drill.fails("take", "--type", "full", killing=while_it_copies(lambda: [postgres.pid or 0]))
    assert "pg_basebackup" in failed.output, failed.output
    drill.wait_until_back()
    wait_for(lambda: drill.platform.process(f"{drill.service}-wal").running)
    assert set(drill.catalogue()) == whole
    listed = drill.command("list")
    assert (listed.code, "take failed" in listed.line("In doubt")) == (1, True)
    for alone in (True, False):
        print(f"killing the command{' alone' if alone else ' and all its children'} in a backup")
        drill.killed("take", "--type", "full", when=drill.unfinished_backup, alone=alone)
        listed = drill.command("list")
        assert listed.code == 1
        done = drill.take("full")
        assert "was not finished" in done.output, done.output
        assert drill.programs("pg_basebackup", "barman") == []
        assert len(set(drill.catalogue()) - whole) == (1 if alone else 2)
    known = drill.moment()
    drill.succeeds("list")
    drill.succeeds("verify")
    drill.restore()
    assert drill.contents() == known.contents


def test_after_a_kill_in_a_restore_the_old_or_the_restored_data_serves_and_the_next_one_ends_it(
    under_drill: Under,
) -> None:
    drill = under_drill("payment")
    drill.load()
    drill.take("full")
    before = drill.moment()
    drill.load()
    drill.take("incremental")
    known = drill.moment()
    building = drill.folder / "data.building"
    combining = building.with_name("data.building.staging")
    arguments = ("restore", "--at", before.at.isoformat())

    print("killing Barman in a restore")
    failed = drill.fails(*arguments, killing=lambda: drill.programs("barman") if combining.exists() else [])
    assert "barman restore was ended by SIGKILL" in failed.output, failed.output
    drill.wait_until_back()
    assert drill.contents() == known.contents
    assert not list(drill.folder.glob("data.building*"))

    print("killing PostgreSQL in a restore")
    failed = drill.fails(*arguments, killing=drill.scratch_server)
    assert "the restored database did not come up" in failed.output, failed.output
    drill.wait_until_back()
    assert drill.contents() == known.contents
    assert not list(drill.folder.glob("data.building*"))

    print("killing PostgreSQL when the restore is noted in it")
    noting = building / "pg_replslot" / "barman"
    failed = drill.fails(*arguments, killing=lambda: drill.scratch_server() if noting.exists() else [])
    assert failed.seconds < 60, failed.output
    drill.wait_until_back()
    assert drill.contents() == known.contents

    stages: list[tuple[str, Callable[[], bool]]] = [
        ("the database is down", lambda: not drill.answers()),
        ("it combines", combining.exists),
        ("it replays", lambda: len(drill.scratch_server()) > 0),
        ("it notes the restore", noting.exists),
    ]
    for name, reached in stages:
        print(f"killing a restore when {name}")
        drill.killed(*arguments, when=reached)
        drill.wait_until_back()
        assert drill.contents() == known.contents, f"killed when {name}"
    drill.restore(before.at)
    assert drill.contents() == before.contents
    assert not list(drill.folder.glob("data.building*"))


def test_a_backup_of_a_history_that_was_left_can_be_verified(under_drill: Under) -> None:
    drill = under_drill("auth")
    drill.take("full")
    before = drill.moment()
    drill.load()
    drill.take("full")
    left = drill.catalogue()[-1]
    drill.restore(before.at)
    assert f"{left} was restored elsewhere" in drill.succeeds("verify", "--backup", left).output


def test_a_service_answers_503_while_it_is_restored_and_refuses_writes_until_it_is_released(
    under_drill: Under,
) -> None:
    drill = under_drill("orders")
    drill.load()
    drill.take()
    base, shop = drill.platform.url(drill.service), drill.platform.url("aggregator")
    seen: set[tuple[str, int]] = set()
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            seen.add(("service", requests.get(f"{base}/readyz", timeout=10).status_code))
            if drill.service not in {"aggregator", "inventory"}:
                seen.add(("shop", requests.get(f"{shop}/api/v1/products", timeout=10).status_code))
            time.sleep(0.05)

    watcher = threading.Thread(target=ask)
    watcher.start()
    drill.restore()
    wait_for(lambda: requests.get(f"{base}/readyz", timeout=10).status_code == 200)
    ended.set()
    watcher.join()
    assert {status for who, status in seen if who == "service"} == {200, 503}
    assert {status for who, status in seen if who == "shop"} <= {200}

    def asked_of_every_thread() -> set[str]:
        """What an anonymous write is answered with: a thread without a connection ends it before it needs one."""
        url = f"{base}/api/v1/restores/{uuid4()}/release"
        return {requests.post(url, json={}, timeout=10).json()["code"] for _ in range(2 * THREADS)}

    if drill.service != "aggregator":  # it releases itself, and has no such address
        assert "restored_awaiting_reconcile" in asked_of_every_thread()
        drill.release()
        assert asked_of_every_thread() == {"not_authenticated"}


def test_what_cannot_be_restored_is_said(under_drill: Under) -> None:
    drill = under_drill("auth")
    drill.take()
    known = drill.moment()
    for at, said in [
        ("2020-01-01 00:00", "The oldest moment that can be restored is"),
        ("yesterday", "is no time like"),
        ((datetime.now(UTC) + timedelta(hours=1)).isoformat(), "has not come yet"),
    ]:
        refused = drill.command("restore", "--at", at)
        assert (refused.code, said in refused.output) == (1, True), refused.output
    drill.wait_until_back()
    assert drill.contents() == known.contents
    # Nothing was committed since: any moment until now is the last one.
    drill.restore(datetime.now(UTC) - timedelta(milliseconds=100))
    assert drill.contents() == known.contents


def test_a_dump_is_plain_sql_that_brings_tables_and_data_back(under_drill: Under, tmp_path: Any) -> None:
    drill = under_drill("orders")
    drill.load()
    known, file = drill.moment(), tmp_path / "orders.sql"
    drill.succeeds("dump", "--file", str(file))
    drill.load()
    settings = "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = %s"
    before = drill.ask(settings, drill.service)
    broken = tmp_path / "broken.sql"
    broken.write_text(file.read_text().replace("COPY public.drill", "COPY public.nothing", 1))
    now = drill.moment()
    refused = drill.command("load", "--file", str(broken))
    assert refused.code == 1
    assert "nothing was changed" in refused.output
    with hold(drill.platform.root / "backups" / "locks" / f"load-{drill.service}"):
        refused = drill.command("load", "--file", str(file))
    said = f"load-{drill.service} is being done already (pid {os.getpid()})"
    assert (refused.code, said in refused.output) == (1, True), refused.output
    assert drill.contents() == now.contents
    drill.succeeds("load", "--file", str(file))
    drill.wait_until_back()
    assert drill.contents() == known.contents
    assert drill.ask(settings, drill.service) == before
    assert drill.ask("SELECT count(*) FROM restores_restore WHERE released_at IS NULL") == [(1,)]
    drill.release()
    drill.succeeds("forget")
    assert drill.ask("SELECT count(*) FROM pg_database WHERE datname LIKE '%%replaced%%' AND %s", True) == [(0,)]


def test_media_files_come_back_and_unchanged_ones_cost_nothing(under_drill: Under) -> None:
    drill: Drill = under_drill("inventory")
    media = drill.platform.root / "media" / drill.service
    media.mkdir(parents=True, exist_ok=True)
    (media / "lamp.png").write_bytes(b"a picture of a lamp")
    drill.take()
    (media / "chair.png").write_bytes(b"a picture of a chair")
    drill.take()
    snapshots = sorted((drill.backups / "media").iterdir())
    assert (snapshots[-1] / "lamp.png").samefile(snapshots[-2] / "lamp.png")
    # One that is lost before the last snapshot, and a snapshot that cannot be read.
    (media / "lamp.png").unlink()
    drill.take()
    shutil.rmtree(media)
    assert "that were missing are back" in drill.restore().output
    assert (media / "lamp.png").read_bytes() == b"a picture of a lamp"
    assert (media / "chair.png").read_bytes() == b"a picture of a chair"
    damaged = snapshots[-1].with_name("20260101T000000")
    damaged.mkdir()
    (damaged / "media.tar.gpg").write_bytes(b"no archive")
    (media / "lamp.png").unlink()
    failed = drill.command("restore", "--at", "latest")
    shutil.rmtree(damaged)
    assert (failed.code, "not all of its media files" in failed.output) == (1, True), failed.output
    assert "was restored from" in failed.output
    assert (media / "lamp.png").exists()
    drill.wait_until_back()
