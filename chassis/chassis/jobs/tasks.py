"""Tasks: functions that a worker calls, once or until they succeed.

    @task()
    def send_mail(*, to: str) -> None: ...

    send_mail.enqueue(to="a@example.com")

`enqueue` writes a row in the caller's transaction: the job exists exactly if the change does. A task may run more than
once (a worker can die after the effect), so an effect outside the database carries `current_job_id()`, and the
receiver keeps each id once. A task of database writes only is `atomic`: its effect commits with the job's end.
"""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, ParamSpec

from django.db.models.functions import Now

from chassis.ids import uuid7
from chassis.jobs.models import Job
from chassis.logs import request_id
from chassis.statements import insert
from chassis.tracing import traceparent

P = ParamSpec("P")


class PermanentFailureError(Exception):
    """Raised by a task that no repetition can help: its job is dead at once, for an admin to look at."""


MAX_ATTEMPTS = 15
"""With the delays of `retry_delay`, a job is tried for about half a day before it counts as dead."""


@dataclass(frozen=True)
class Task(Generic[P]):
    """A function with a stable name that jobs refer to."""

    name: str
    function: Callable[P, None]
    atomic: bool
    lease: timedelta
    max_attempts: int
    private: bool

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self.function(*args, **kwargs)

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the task called by a worker, if the present transaction commits. Arguments must be JSON."""
        self._add(kwargs)

    def enqueue_as(self, ident: uuid.UUID, **kwargs: Any) -> None:
        """Like `enqueue`, under a job id of the caller's; nothing is added while that job is known, done or not."""
        self._add(kwargs, ident=ident)

    def enqueue_once(self, key: str, *, delay: timedelta = timedelta(0), **kwargs: Any) -> None:
        """Like `enqueue`, after `delay`, but nothing is added while a job of this task and `key` waits to be taken.

        One that already runs does not count: it may have read what this call is about before it changed.
        """
        self._add(kwargs, key=key, delay=delay)

    def _add(
        self,
        kwargs: dict[str, Any],
        *,
        ident: uuid.UUID | None = None,
        key: str | None = None,
        delay: timedelta = timedelta(0),
    ) -> None:
        job = Job(
            id=ident or uuid7(),
            task=self.name,
            arguments=kwargs,
            key=key,
            request_id=request_id.get(),
            traceparent=traceparent(),
        )
        if delay:
            job.run_at = Now() + delay
        insert(job, unless_known=key is not None or ident is not None)


@dataclass(frozen=True)
class Periodic:
    """A function that is called every so often by one of the workers."""

    name: str
    function: Callable[[], None]
    every: timedelta


tasks: dict[str, Task[Any]] = {}
periodics: dict[str, Periodic] = {}
current_job: ContextVar[uuid.UUID | None] = ContextVar("current_job", default=None)


def task(
    *,
    atomic: bool = False,
    lease: timedelta = timedelta(seconds=60),
    max_attempts: int = MAX_ATTEMPTS,
    private: bool = False,
) -> Callable[[Callable[P, None]], Task[P]]:
    """Declare a task. `lease` must be longer than one run can take. Arguments of a `private` task are shown to nobody.

    A task that raises is tried again up to `max_attempts` times, unless it raises `PermanentFailureError`.
    """

    def declare(function: Callable[P, None]) -> Task[P]:
        name = f"{function.__module__}.{function.__name__}"
        declared = Task(
            name=name, function=function, atomic=atomic, lease=lease, max_attempts=max_attempts, private=private
        )
        tasks[name] = declared
        return declared

    return declare


def periodic(*, every: timedelta) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare a function without arguments that runs every so often; a failure is logged and the next turn awaited."""

    def declare(function: Callable[[], None]) -> Callable[[], None]:
        name = f"{function.__module__}.{function.__name__}"
        periodics[name] = Periodic(name=name, function=function, every=every)
        return function

    return declare


def current_job_id() -> uuid.UUID:
    """Return the id of the job being run, for effects outside the database. Raises `LookupError` outside a job."""
    ident = current_job.get()
    if ident is None:
        raise LookupError("not inside a job")
    return ident
