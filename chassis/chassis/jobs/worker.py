"""The worker: takes due jobs and periodic tasks, runs them on a few threads, survives its database."""

import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, close_old_connections, connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from chassis import tracing
from chassis.hot_reads import Rows, hot_read
from chassis.http import jitter
from chassis.jobs.models import Job, JobState, Schedule
from chassis.jobs.tasks import Periodic, PermanentFailureError, Task, current_job, periodic, periodics, tasks
from chassis.logs import request_id
from chassis.metrics import job_runs, job_seconds
from chassis.restores.guard import awaits_reconcile
from chassis.statements import NOW, Statement, update

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
DATABASE_PAUSE_SECONDS = 1.0
RECONCILE_PAUSE_SECONDS = 1.0
KEPT_FOR = timedelta(days=7)
UNKNOWN_LEASE = timedelta(minutes=1)
"""Of a task that this release does not know."""


class LeaseLostError(Exception):
    """The job was taken over by another worker: this run's end does not count."""


@dataclass(frozen=True)
class Claim:
    """A job as one worker holds it."""

    id: uuid.UUID
    lease: uuid.UUID
    task: str
    arguments: dict[str, Any]
    attempts: int
    request_id: str
    traceparent: str
    last_error: str


_CLAIM = Statement(
    """
    WITH due AS (
        SELECT id, task, run_at FROM jobs_job WHERE state = 'waiting' AND run_at <= statement_timestamp()
         ORDER BY run_at LIMIT %s FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE jobs_job AS job SET lease = gen_random_uuid(), attempts = attempts + 1,
               run_at = statement_timestamp() + coalesce(known.lease, %s)
          FROM due LEFT JOIN unnest(%s::text[], %s::interval[]) AS known (task, lease) USING (task)
         WHERE job.id = due.id
        RETURNING job.*, due.run_at AS due_at
    )
    SELECT id, lease, task, arguments, attempts, request_id, traceparent, last_error FROM claimed ORDER BY due_at
    """,
    ("limit", "otherwise", "tasks", "leases"),
)
"""One statement, because it is asked all the time, and mostly in vain."""


def claim_due(*, limit: int) -> list[Claim]:
    """Lease up to `limit` due jobs to this worker, the oldest first; those that others hold are skipped."""
    values = {
        "limit": limit,
        "otherwise": UNKNOWN_LEASE,
        "tasks": list(tasks),
        "leases": [one.lease for one in tasks.values()],
    }
    with connection.cursor() as cursor:
        _CLAIM.execute(cursor, values)
        return [
            Claim(ident, lease, task, json.loads(arguments), *more)
            for ident, lease, task, arguments, *more in cursor.fetchall()
        ]


def run(claim: Claim) -> None:
    """Run a claimed job and note how it ended, unless its lease was lost meanwhile."""
    request_token, job_token = request_id.set(claim.request_id), current_job.set(claim.id)
    try:
        known = tasks.get(claim.task)
        if known is None:
            # A newer release's job, seen during a rolling upgrade: another worker knows it.
            _postpone(claim, "no such task in this release")
        elif claim.attempts > known.max_attempts:
            _bury(claim, claim.last_error or "its worker died, or its lease ran out, at every attempt")
        else:
            tracing.resume(claim.traceparent, claim.task, partial(_run_known, known, claim))
    finally:
        request_id.reset(request_token)
        current_job.reset(job_token)


def _run_known(known: Task[Any], claim: Claim) -> None:
    names = {"job": str(claim.id), "task": claim.task, "attempts": claim.attempts}
    began, outcome = time.monotonic(), "failed"
    try:
        if known.atomic:
            with transaction.atomic():
                known.function(**claim.arguments)
                _finish(claim)
        else:
            known.function(**claim.arguments)
            _finish(claim)
    except LeaseLostError:
        outcome = "lost"
        logger.warning("job lease lost", extra=names)
    except Exception as exc:
        logger.warning("job failed", extra=names, exc_info=exc)
        if not connection.in_atomic_block:
            # If it was the connection that failed, a new one can note it.
            connection.close_if_unusable_or_obsolete()
        error = f"{type(exc).__name__}: {exc}"
        if isinstance(exc, PermanentFailureError) or claim.attempts >= known.max_attempts:
            outcome = "dead"
            _bury(claim, error)
        else:
            _postpone(claim, error)
    else:
        outcome = "done"
        logger.info("job done", extra=names)
    finally:
        job_runs.labels(claim.task, outcome).inc()
        job_seconds.labels(claim.task).observe(time.monotonic() - began)


def retry_delay(attempts: int) -> timedelta:
    """Two seconds, doubled at each attempt up to an hour, spread by jitter."""
    return timedelta(seconds=jitter(min(2.0 ** min(attempts, 12), 3600)))


def _finish(claim: Claim) -> None:
    held = {"pk": claim.id, "lease": claim.lease, "state": JobState.WAITING}
    done = {"state": JobState.DONE, "lease": None, "last_error": "", "finished_at": NOW}
    if not update(Job, where=held, changes=done):
        raise LeaseLostError()


def _postpone(claim: Claim, error: str) -> None:
    try:
        with transaction.atomic():
            _held(claim).update(lease=None, last_error=_storable(error), run_at=Now() + retry_delay(claim.attempts))
    except IntegrityError:
        # Another job of its key was added while it ran, and will do what is left to do.
        _held(claim).update(state=JobState.DONE, lease=None, last_error=_storable(error), finished_at=Now())


def _bury(claim: Claim, error: str) -> None:
    logger.error("job dead", extra={"job": str(claim.id), "task": claim.task, "error": error})
    _held(claim).update(state=JobState.DEAD, lease=None, last_error=_storable(error), finished_at=Now())


def _storable(error: str) -> str:
    """What PostgreSQL takes as text: no NUL, no half of a surrogate pair."""
    return error[:2000].replace("\x00", "").encode(errors="backslashreplace").decode()


def _said(exc: Exception) -> str:
    """The first line of PostgreSQL's message: the details after it may quote values."""
    return str(exc).strip().partition("\n")[0]


def _held(claim: Claim) -> Any:
    return Job.objects.filter(pk=claim.id, lease=claim.lease, state=JobState.WAITING)


def due_periodics() -> list[Periodic]:
    """Return the periodic tasks whose turn it is, each handed to one worker by moving its due time."""
    due = {row["task"]: row["is_due"] for row in _schedule()}
    if missing := periodics.keys() - due.keys():
        Schedule.objects.bulk_create([Schedule(task=name) for name in missing], ignore_conflicts=True)
    return [
        one
        for one in periodics.values()
        if due.get(one.name, True)
        and Schedule.objects.filter(task=one.name, due_at__lte=Now()).update(due_at=Now() + one.every)
    ]


@hot_read()
def _schedule() -> Rows:
    is_due = ExpressionWrapper(Q(due_at__lte=Now()), output_field=BooleanField())
    return Schedule.objects.values("task", is_due=is_due)


def run_periodic(one: Periodic) -> None:
    try:
        one.function()
    except Exception:
        logger.exception("periodic task failed", extra={"task": one.name})


@periodic(every=timedelta(hours=1))
def forget_finished_jobs() -> None:
    Job.objects.filter(state=JobState.DONE, finished_at__lt=Now() - KEPT_FOR).delete()


class Worker:
    """Runs jobs on `threads` threads until `stop()`; then what runs is finished, and nothing new taken."""

    def __init__(self, *, threads: int = 4) -> None:
        self._threads = threads
        # A plain flag: a signal handler that takes a lock, as an Event does, may wait for the thread it interrupts.
        self._stopping = False
        self._slots = threading.BoundedSemaphore(threads)
        self._periodic_running: set[str] = set()
        self.turned_at = time.monotonic()
        """When the loop last went round, with its database or without."""
        self.ready = False
        """Whether the database answered then."""
        self._held = False

    def stop(self) -> None:
        self._stopping = True

    def run_forever(self) -> None:
        with (
            ThreadPoolExecutor(self._threads, thread_name_prefix="job") as jobs,
            ThreadPoolExecutor(max(1, len(periodics)), thread_name_prefix="periodic") as turns,
        ):
            next_schedule = 0.0
            while not self._stopping:
                self.turned_at = time.monotonic()
                try:
                    close_old_connections()
                    if self._awaits_reconcile():
                        self.ready = True  # it waits for people, not for its database
                        time.sleep(jitter(RECONCILE_PAUSE_SECONDS))
                        continue
                    if time.monotonic() >= next_schedule:
                        next_schedule = time.monotonic() + 1.0
                        for one in due_periodics():
                            if one.name not in self._periodic_running:
                                self._periodic_running.add(one.name)
                                turns.submit(self._take_turn, one)
                    taken = self._take_jobs(jobs)
                    self.ready = True
                except (DatabaseError, InterfaceError) as exc:
                    self.ready = False
                    logger.warning("worker waits for its database", extra={"error": _said(exc)})
                    connection.close()
                    time.sleep(jitter(DATABASE_PAUSE_SECONDS))
                    continue
                if not taken:
                    time.sleep(jitter(POLL_SECONDS))

    def _awaits_reconcile(self) -> bool:
        """Whether nothing may be done yet, because the database was restored. A broken connection is not believed."""
        connection.close_if_health_check_failed()
        awaiting = awaits_reconcile()
        if awaiting is not self._held:
            self._held = awaiting
            logger.warning("worker waits for reconcile" if awaiting else "worker goes on after reconcile")
        return awaiting

    def _take_jobs(self, pool: ThreadPoolExecutor) -> bool:
        free = 0
        while free < self._threads and self._slots.acquire(blocking=False):
            free += 1
        claims: list[Claim] = []
        try:
            claims = claim_due(limit=free) if free else []
        finally:
            for _unused in range(free - len(claims)):
                self._slots.release()
        for claim in claims:
            pool.submit(self._run_job, claim)
        return bool(claims)

    def _run_job(self, claim: Claim) -> None:
        close_old_connections()
        try:
            run(claim)
        except (DatabaseError, InterfaceError) as exc:
            # The job's end could not be written: its lease runs out and it is run again.
            logger.warning("job end not written", extra={"job": str(claim.id), "error": _said(exc)})
        except Exception:
            # Nothing waits for this thread's result: it would be lost.
            logger.exception("job end not written", extra={"job": str(claim.id)})
        finally:
            close_old_connections()  # a healthy one is kept for the thread's next job
            self._slots.release()

    def _take_turn(self, one: Periodic) -> None:
        close_old_connections()
        try:
            run_periodic(one)
        finally:
            close_old_connections()
            self._periodic_running.discard(one.name)
