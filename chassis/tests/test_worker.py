"""`manage.py run_worker` as a process: killed, stopped, cut off from its database, and beside another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection

from chassis.jobs.models import Job, JobState
from chassis.jobs.worker import _said
from tests.parcels.models import Parcel
from tests.parcels.tasks import pack

pytestmark = pytest.mark.django_db(transaction=True)

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the workers' log lines go."""
    return tmp_path / "worker.log"


@pytest.fixture
def start_worker(log: Path) -> Iterator[StartWorker]:
    """A function that starts a worker on the test's database; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> "subprocess.Popen[bytes]":
        database = connection.settings_dict
        url = "postgres://{}:{}@{}:{}/{}".format(
            *(quote(str(database[part]), safe="") for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))
        )
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker", "--threads", "2"],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "ENVIRONMENT": "development", "DATABASE_URL": url, **environment},
            stdout=log.open("ab"),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait_for(condition: Callable[[], bool], *, seconds: float = 45) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def _seen(name: str) -> bool:
    return Parcel.objects.filter(name=name).exists()


def _terminate_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def test_a_killed_workers_job_is_finished_by_another_after_its_lease(start_worker: StartWorker) -> None:
    pack.enqueue(name="a", seconds=1)
    killed = start_worker()
    _wait_for(lambda: _seen("a begun"))
    second = start_worker()
    killed.kill()
    assert Job.objects.get().attempts == 1
    _wait_for(lambda: Job.objects.get().state == JobState.DONE)
    assert Job.objects.get().attempts == 2
    packed = Parcel.objects.get(name="a packed")
    assert packed.weight == second.pid


def test_sigterm_lets_the_running_job_end_and_takes_no_other(start_worker: StartWorker) -> None:
    pack.enqueue(name="a", seconds=1)
    worker = start_worker()
    _wait_for(lambda: _seen("a begun"))
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.4)
    pack.enqueue(name="b")
    assert worker.wait(timeout=20) == 0
    assert Job.objects.get(arguments__name="a").state == JobState.DONE
    assert _seen("a packed")
    assert Job.objects.get(arguments__name="b").state == JobState.WAITING
    assert not _seen("b begun")


def test_a_worker_survives_the_loss_of_its_connections(start_worker: StartWorker, log: Path) -> None:
    pack.enqueue(name="a", seconds=1)
    start_worker()
    _wait_for(lambda: _seen("a begun"))
    assert _terminate_connections() >= 1  # its loop's, and the one in the middle of the job
    pack.enqueue(name="b")
    _wait_for(lambda: _seen("b packed"))
    _wait_for(lambda: not Job.objects.exclude(state=JobState.DONE).exists())
    assert Job.objects.get(arguments__name="a").attempts == 2
    # The first failure was noted on a new connection, not left to the lease.
    assert b'"job failed"' in log.read_bytes()
    assert b"job end not written" not in log.read_bytes()


def test_periodic_tasks_run_on_one_of_two_workers(start_worker: StartWorker) -> None:
    workers = [start_worker(), start_worker()]
    _wait_for(lambda: Parcel.objects.filter(name="tick").count() >= 5)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        assert worker.wait(timeout=20) == 0
    times = list(Parcel.objects.filter(name="tick").order_by("created_at").values_list("created_at", flat=True))
    # Every second, not twice a second.
    assert len(times) <= (times[-1] - times[0]).total_seconds() + 2


def test_a_worker_without_a_database_waits_and_still_stops(start_worker: StartWorker, log: Path) -> None:
    worker = start_worker(DATABASE_URL="postgres://nobody:none@127.0.0.1:9/nowhere")
    _wait_for(lambda: log.read_bytes().count(b"worker waits for its database") >= 2)
    worker.terminate()
    assert worker.wait(timeout=20) == 0


def test_what_a_worker_says_of_its_database_quotes_no_values() -> None:
    refused = OperationalError("the database is starting\nDETAIL:  Key (email)=(ada@example.com) already exists.\n")
    assert _said(refused) == "the database is starting"
