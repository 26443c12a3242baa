"""Backups that leave the machine: encrypted ones, and copies in a bucket; on one database, without the platform."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest

from backups import media, offsite, restoring, taking
from backups.barman import Barman, Encryption, Server
from backups.policy import Policy
from backups.restoring import Place
from backups.setup import note_in_sql
from local.errors import LocalError
from local.ports import LOOPBACK, free_ports
from local.postgres import SUPERUSER, Postgres
from local.processes import Process
from tests.backups.drill import wait_for

RESTORES_TABLE = """
CREATE TABLE restores_restore (
    id uuid PRIMARY KEY, restored_at timestamptz NOT NULL, recovery_point timestamptz NOT NULL,
    backup varchar(200) NOT NULL, released_at timestamptz, released_by varchar(64) NOT NULL, note varchar(500) NOT NULL,
    CHECK (recovery_point <= restored_at));
ALTER TABLE restores_restore OWNER TO orders;
"""
MARK = b"a sentence that no stranger may read"


@dataclass
class Kept:
    """A database with rows, whose log is received."""

    server: Postgres
    receiver: Process
    home: Path

    def barman(self, *, encryption: Encryption | None = None, archived: bool = False) -> Barman:
        password = self.server.provide_backup_role()
        return Barman(
            *(self.home, [Server("orders", LOOPBACK, self.server.port, password)], Policy.read()),
            encryption=encryption,
            archived=archived,
        )

    @property
    def place(self) -> Place:
        return Place("orders", self.server.data, SUPERUSER, log=self.home / "restore.log")

    def add(self, count: int) -> None:
        connection = psycopg2.connect(self.server.url("orders"))
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS secrets (content text)")
            cursor.execute("INSERT INTO secrets SELECT %s FROM generate_series(1, %s)", [MARK.decode(), count])
        connection.close()

    def count(self) -> int:
        connection = psycopg2.connect(self.server.url("orders"))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM secrets")
            found = int(cursor.fetchone()[0])
        connection.close()
        return found

    def is_received(self) -> bool:
        return bool(self.ask("SELECT pid FROM pg_stat_replication"))

    def ask(self, *queries: str) -> list[tuple[Any, ...]]:
        """What the last of the queries answers to the superuser."""
        connection = psycopg2.connect(self.server.superuser_url())
        connection.autocommit = True
        with connection.cursor() as cursor:
            for query in queries:
                cursor.execute(query)
            found = list(cursor.fetchall())
        connection.close()
        return found


@pytest.fixture
def kept() -> Iterator[Kept]:
    # Not pytest's own folder: gpg's socket needs a short path.
    folder = Path(tempfile.mkdtemp(prefix="kept-"))
    server = Postgres(
        name="orders",
        folder=folder / "pg",
        port=free_ports(1)[0],
        log=folder / "postgres.log",
        settings={"max_slot_wal_keep_size": "64MB"},
    )
    server.start()
    server.provide("orders")
    server.provide_backup_role()
    home = folder / "backups"
    receiver = server.log_receiver(home / "orders" / "streaming", home / "locks" / ".orders-receive-wal.lock")
    receiver.start()
    yield Kept(server, receiver, home)
    server.stop()
    receiver.stop()
    shutil.rmtree(folder)


@pytest.fixture
def encryption(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[Encryption]:
    home = kept.home.parent / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    passphrase = home / "passphrase"
    passphrase.write_text("open sesame")
    made = ["gpg", "--batch", "--pinentry-mode=loopback", f"--passphrase-file={passphrase}"]
    subprocess.run([*made, "--quick-generate-key", "backups@example.com", "rsa2048", "encr"], check=True)
    yield Encryption("backups@example.com", passphrase)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)


def holding_the_mark(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and MARK in path.read_bytes()]


def test_encrypted_backups_can_be_read_by_nobody_without_the_key(kept: Kept, encryption: Encryption) -> None:
    kept.add(2000)
    without_passphrase = kept.barman(encryption=Encryption(encryption.key))
    full = taking.take(without_passphrase, "orders", None, say=print)
    with pytest.raises(LocalError, match="BACKUP_PASSPHRASE_FILE must name"):
        restoring.verify(without_passphrase, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)
    with pytest.raises(LocalError, match="BACKUP_ENCRYPTION_KEY must name the key"):
        taking.take(kept.barman(), "orders", None, say=print)
    barman = kept.barman(encryption=encryption)
    found = restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)
    assert (found.backup.id, found.rows) == (full.id, {"secrets": 2000})
    kept.add(500)
    second = taking.take(barman, "orders", None, say=print)
    assert (full.kind, second.kind, second.parent) == ("full", "incremental", full.id)
    assert holding_the_mark(kept.home / "orders" / "base") == []
    assert holding_the_mark(kept.home / "orders" / "wals") == []
    kept.add(30)
    found = restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)
    assert found.rows == {"secrets": 2530}
    assert found.notes == ()
    assert encryption.passphrase is not None
    encryption.passphrase.write_text("open barley")
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    with pytest.raises(LocalError, match="no backup could be restored"):
        restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)


def test_a_backup_waits_for_the_log_to_be_received_again_and_says_how_far_it_is(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    barman = kept.barman()
    kept.add(100_000)
    kept.receiver.stop()
    wait_for(lambda: not kept.is_received())
    late = threading.Timer(1.5, kept.receiver.start)
    late.start()
    monkeypatch.setattr(taking, "PROGRESS_SECONDS", 0.02)
    told: list[str] = []
    assert taking.take(barman, "orders", None, say=told.append).is_good
    progress = r"orders: streaming database files, [\d.]+ MiB( of [\d.]+ MiB)?, after \d+ s"
    assert any(re.fullmatch(progress, line) for line in told), told
    late.join()
    kept.receiver.stop()
    wait_for(lambda: not kept.is_received())
    monkeypatch.setattr(taking, "RECEIVER_TIMEOUT", 0.2)
    with pytest.raises(LocalError, match="orders: nothing receives its log"):
        taking.take(barman, "orders", None, say=print)


def restored(kept: Kept, barman: Barman) -> int:
    """How many rows a restore to the last moment brings back, which is then put away again."""
    # In data that is older than the table, a restore is noted later.
    found = restoring.restore(barman, kept.place, at=None, timeline=None, record=note_in_sql, say=print)
    return found.rows["secrets"]


def test_what_the_log_lost_at_its_end_refuses_the_restore_unless_the_old_data_has_it(kept: Kept) -> None:
    barman = kept.barman()
    kept.add(100)
    taking.take(barman, "orders", None, say=print)
    kept.add(10)
    taking.end_segment(barman, "orders")
    kept.add(1)
    kept.server.stop()
    kept.receiver.wait(10)
    data, away = kept.server.data, kept.home.parent / "away"
    data.rename(away)
    (last,) = kept.home.glob("orders/streaming/*.partial")
    whole = sorted(path for path in kept.home.glob("orders/wals/*/*") if len(path.name) == 24)[-1]
    log, hidden = kept.home.parent / "log", kept.home.parent / "hidden"
    # One byte of the last commits.
    content = last.read_bytes()
    middle = len(content.rstrip(b"\0")) // 2 // 8 * 8
    last.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    with pytest.raises(LocalError, match="the log has a gap"):
        restored(kept, barman)
    last.write_bytes(content)
    # The last segment but one, as if it had never been received.
    whole.rename(hidden)
    barman.run("rebuild-xlogdb", "orders", say=print)
    with pytest.raises(LocalError, match="the log has a gap"):
        restored(kept, barman)
    assert not data.exists()
    # The last one, which the old data knows of.
    hidden.rename(whole)
    barman.run("rebuild-xlogdb", "orders", say=print)
    last.rename(hidden)
    away.rename(data)
    (data / "pg_wal").rename(log)
    with pytest.raises(LocalError, match="the old data went on until"):
        restored(kept, barman)
    log.rename(data / "pg_wal")
    assert restored(kept, barman) == 111
    kept.server.start()
    assert kept.count() == 111


def test_what_nobody_received_is_taken_from_the_old_data(kept: Kept) -> None:
    barman = kept.barman()
    kept.add(100)
    taking.take(barman, "orders", None, say=print)
    kept.receiver.stop()
    wait_for(lambda: not kept.is_received())
    kept.add(200_000)  # some segments
    kept.server.process.kill()
    assert restored(kept, barman) == 200_100


def test_a_restored_database_refuses_writes_from_its_start_and_its_history_is_not_passed_over(kept: Kept) -> None:
    barman = kept.barman()
    kept.server.as_superuser(f"\\connect orders\n{RESTORES_TABLE}")
    kept.add(10)
    taking.take(barman, "orders", None, say=print)
    kept.server.stop()
    kept.receiver.wait(10)
    done = restoring.restore(barman, kept.place, at=None, timeline=None, record=note_in_sql, say=print)
    kept.server.start()
    connection = psycopg2.connect(kept.server.url("orders"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT recovery_point, backup FROM restores_restore WHERE released_at IS NULL")
        assert cursor.fetchall() == [(done.recovery_point, done.backup.id)]
    connection.close()
    # Nobody receives the timeline that it has begun.
    kept.add(5)
    kept.server.stop()
    with pytest.raises(LocalError, match="the old data is on timeline 2"):
        restored(kept, barman)
    kept.server.start()
    assert kept.count() == 15


def test_a_log_that_the_database_threw_away_begins_anew_with_a_full_backup(kept: Kept) -> None:
    barman = kept.barman()
    kept.add(100)
    old = taking.take(barman, "orders", None, say=print)
    kept.receiver.stop()
    wait_for(lambda: not kept.is_received())
    some = ["SELECT pg_logical_emit_message(false, '', '', true)", "SELECT pg_switch_wal()"]
    lost = kept.ask(*some * 6, "CHECKPOINT; SELECT wal_status FROM pg_replication_slots")
    assert lost == [("lost",)]
    kept.add(10)
    kept.receiver.start()
    assert kept.receiver.wait(20) != 0
    later = threading.Timer(1.5, kept.receiver.start)  # as its supervisor does
    later.start()
    told: list[str] = []
    new = taking.take(barman, "orders", None, say=told.append)
    later.join()
    assert (new.kind, "THE LOG HAS A HOLE" in told[0], "has a hole" in told[1]) == ("full", True, True)
    assert taking.hole_since(barman, "orders") is None
    kept.add(1)
    found = restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)
    assert found.rows == {"secrets": 111}
    # From before the hole nothing leads to behind it, and nobody is told so.
    with pytest.raises(LocalError, match="the log has a gap"):
        restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=old, say=print)


def test_media_are_encrypted_with_the_backup_or_fail_at_once(kept: Kept, encryption: Encryption) -> None:
    barman, pictures = kept.barman(encryption=encryption), kept.home.parent / "media"
    pictures.mkdir()
    (pictures / "lamp.png").write_bytes(MARK)
    (pictures / "large.png").write_bytes(bytes(1_000_000))  # more than a pipe holds
    unknown = kept.barman(encryption=Encryption("nobody@example.com"))
    with pytest.raises(LocalError, match="could not be encrypted"):
        media.snapshot(unknown, "orders", pictures, "20260101T000000")
    (pictures / "large.png").unlink()
    assert media.snapshot(barman, "orders", pictures, "20260101T000000") == 1
    assert holding_the_mark(kept.home) == []
    shutil.rmtree(pictures)
    assert media.bring_back(barman, "orders", pictures) == 1
    assert (pictures / "lamp.png").read_bytes() == MARK


@pytest.fixture
def bucket(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that speaks S3, and a bucket on it that BACKUP_S3 names."""
    port = free_ports(1)[0]
    server = Process(
        name="s3", argv=[Path(sys.executable).with_name("moto_server"), "-H", LOOPBACK, "-p", str(port)],
        log=kept.home.parent / "s3.log",
    )  # fmt: skip
    server.start()
    for name, value in {
        "BACKUP_S3": "shop-backups/one",
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "eu-west-3",
    }.items():
        monkeypatch.setenv(name, value)
    yield
    server.kill()


@pytest.mark.usefixtures("bucket")
def test_a_bucket_holds_what_a_new_machine_needs(kept: Kept) -> None:
    barman = kept.barman(archived=True)
    kept.add(2000)
    first = taking.take(barman, "orders", None, say=print)
    kept.add(500)
    taking.take(barman, "orders", None, say=print)
    kept.add(30)
    kept.server.stop()  # its last word is received
    kept.receiver.wait(10)
    offsite.copy(barman, say=print)
    assert not [path for path in os.listdir(kept.home) if path == "nothing"]
    shutil.rmtree(kept.home)
    new = kept.home
    new.mkdir()
    again = Barman(new, list(barman.servers.values()), barman.policy, archived=True)
    # It has nothing yet, and a copy of nothing would delete everything.
    with pytest.raises(LocalError, match="not from"):
        offsite.copy(again, say=print)
    kept_here = new / "orders" / "base" / first.id / "backup.info"
    kept_here.parent.mkdir(parents=True)
    kept_here.write_text("what is here stays")
    offsite.fetch(again, say=print)
    assert kept_here.read_text() == "what is here stays"
    kept_here.unlink()
    offsite.fetch(again, say=print)
    found = restoring.verify(again, kept.place, new / "verifying" / "orders", backup=None, say=print)
    assert found.rows == {"secrets": 2530}
    shutil.rmtree(new / "orders" / "base" / first.id)
    offsite.copy(again, say=print)  # what it fetched is its own from now on


@pytest.mark.usefixtures("bucket")
def test_a_copy_succeeds_while_the_log_is_written(kept: Kept) -> None:
    barman = kept.barman(archived=True)
    kept.add(100)
    taking.take(barman, "orders", None, say=print)
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            kept.add(300)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2):
            offsite.copy(barman, say=print)
    finally:
        ended.set()
        writer.join()
    offsite.copy(barman, say=print)
    before = kept.count()
    # As whoever has lost this machine, and the database with it.
    shutil.rmtree(kept.home / "orders")
    offsite.fetch(barman, say=print)
    found = restoring.verify(barman, kept.place, kept.home / "verifying" / "orders", backup=None, say=print)
    assert found.rows == {"secrets": before}


@pytest.mark.usefixtures("bucket")
def test_backups_of_a_database_begun_anew_are_not_mixed_with_those_of_the_bucket(kept: Kept) -> None:
    barman = kept.barman(archived=True)
    identity = kept.home / "orders" / "identity.json"
    identity.write_text('{"systemid": "1", "version": "18"}')
    offsite._write_origin(barman, offsite._bucket())
    offsite._rclone("copyto", str(identity), f"{offsite._bucket()}/orders/identity.json")
    (kept.home / "origin").unlink()
    identity.write_text('{"systemid": "2", "version": "18"}')
    with pytest.raises(LocalError, match="another database"):
        offsite.fetch(barman, say=print)
    assert not (kept.home / "origin").exists()
    with pytest.raises(LocalError, match="Bring them back first"):
        offsite.copy(barman, say=print)
    (kept.home / "origin").write_text("of another bucket\n")
    with pytest.raises(LocalError, match="Bring them back first"):
        offsite.copy(barman, say=print)
    with pytest.raises(LocalError, match="holds other backups"):
        offsite.fetch(barman, say=print)
