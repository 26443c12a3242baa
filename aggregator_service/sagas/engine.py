"""The engine: drives any saga along its table of steps, leased, one conditional write before every call.

A saga goes forward until its pivot has succeeded; from then on it is retried until it is done. If it is to be called
off before (refused, expired, cancelled by its owner), a pivot that may have been called is asked first: its service
decides. Only then the direction is written, once, and the steps that may have been called are called off in reverse.
"""

import json
import logging
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import translation

from chassis.errors import DomainError, UnavailableError
from chassis.http import jitter
from chassis.logs import request_id
from chassis.problems import problem
from chassis.statements import NOW, insert, update
from chassis.tracing import traceparent
from sagas.metrics import sagas_ended
from sagas.models import Saga
from sagas.states import Direction, SagaState
from sagas.steps import Definition, Pivot, PivotPassedError, SagaContext, Step, definitions

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""Longer than any one call with its retries, so that who still drives is not overtaken for being slow."""

LEASED = NOW + LEASE


class OvertakenError(Exception):
    """Another process drives this saga now: whatever was about to be written does not count."""


def start(
    *,
    kind: str,
    saga_id: uuid.UUID,
    account_id: uuid.UUID,
    fingerprint: str,
    data: dict[str, Any],
) -> "Drive | None":
    """Write a new saga, leased to the caller and with its first step intended; None if the id exists."""
    definition = definitions[kind]
    saga = Saga(
        id=saga_id,
        kind=kind,
        account_id=account_id,
        fingerprint=fingerprint,
        data={
            **data,
            "language": translation.get_language() or "en",
            "request_id": request_id.get(),
            "traceparent": traceparent(),
        },
        intended=1,
        step=definition.steps[0].name,
        lease_owner=uuid.uuid4(),
        lease_until=LEASED,
        deadline_at=Now() + definition.undecided_for,
    )
    if not insert(saga, unless_known=True):
        return None
    return Drive(saga, definition, remaining=definition.undecided_for.total_seconds())


def take(saga_id: uuid.UUID) -> "Drive | None":
    """Lease a running saga that nobody drives; None if there is none to be had."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    return _seize(Saga.objects.filter(free, pk=saga_id, state=SagaState.RUNNING), {})


def call_off(saga_id: uuid.UUID, *, reason: DomainError) -> "Drive | None":
    """Decide to call an undecided saga off and take it over from whoever drives it.

    None when it is decided, or being called off already. That another process may be in the middle of a call does no
    harm: it is overtaken, and its call meets a tombstone, or is the pivot's and is asked about.
    """
    undecided = Saga.objects.filter(
        pk=saga_id, state=SagaState.RUNNING, direction=Direction.UNDECIDED, failure__isnull=True
    )
    return _seize(undecided, {"failure": failure_of(reason), "attempts": 0})


def _seize(sagas: Any, changes: dict[str, Any]) -> "Drive | None":
    owner = uuid.uuid4()
    if not sagas.update(lease_owner=owner, lease_until=LEASED, version=F("version") + 1, **changes):
        return None
    saga = Saga.objects.annotate(remaining=F("deadline_at") - Now()).filter(lease_owner=owner).first()
    if saga is None:  # overtaken within this moment
        return None
    return Drive(saga, definitions[saga.kind], remaining=saga.remaining.total_seconds())


class Drive:
    """One process's turn at a saga, from the lease to its end or its release."""

    def __init__(self, saga: Saga, definition: Definition, *, remaining: float) -> None:
        self.saga = saga
        self.definition = definition
        self._expires = time.monotonic() + remaining

    def run(self, *, seconds: float) -> Saga:
        """Drive until the saga has ended, or for about `seconds`; then let go of it for a worker to resume.

        Raises `OvertakenError` when another process took it over.
        """
        until = time.monotonic() + seconds
        while self.saga.state == SagaState.RUNNING:
            try:
                self._advance()
            except UnavailableError as exc:
                delay = min(0.2 * 2 ** min(self.saga.attempts, 7), 20.0)
                wait = jitter(delay)
                if time.monotonic() + wait > until:
                    self._write(attempts=self.saga.attempts + 1, last_error=_said(exc), **_released(wait))
                    break
                self._write(attempts=self.saga.attempts + 1, last_error=_said(exc))
                time.sleep(wait)
            else:
                if self.saga.state == SagaState.RUNNING and time.monotonic() > until:
                    self._write(**_released(0))
                    break
        return self.saga

    def _advance(self) -> None:
        """Take the one step that the row asks for."""
        saga, steps = self.saga, self.definition.steps
        if saga.direction == Direction.BACKWARD:
            self._compensate()
        elif saga.failure is not None:
            self._decide()
        elif saga.direction == Direction.UNDECIDED and time.monotonic() > self._expires:
            self._write(failure=failure_of(self.definition.expired()), attempts=0)
        elif saga.done == len(steps):
            self._end(SagaState.COMPLETED, *self._answer(self.definition.completed))
        else:
            self._call(steps[saga.done])

    def _call(self, step: Step) -> None:
        saga = self.saga
        position = saga.done
        if saga.intended == position:
            self._write(intended=position + 1, step=step.name)
        try:
            result = step.call(self._context())
        except UnavailableError:
            raise
        except DomainError as refusal:
            if saga.direction == Direction.FORWARD:
                self._stick(refusal)
            else:
                self._write(failure=failure_of(refusal), last_error=_said(refusal), attempts=0)
            return
        self._passed(step, position, result)

    def _passed(self, step: Step, position: int, result: Mapping[str, Any]) -> None:
        """Write a step's success, and with it the intent of the next one: one write a step."""
        steps = self.definition.steps
        data = {**self.saga.data, **result}
        changes: dict[str, Any] = {"done": position + 1, "attempts": 0} | ({"data": data} if result else {})
        if isinstance(step, Pivot):
            changes |= {"direction": Direction.FORWARD, "failure": None}
        if position + 1 < len(steps):
            changes |= {"intended": position + 2, "step": steps[position + 1].name}
            self._write(**changes)
        else:
            self._end(SagaState.COMPLETED, *self._answer(self.definition.completed, data), **changes)

    def _decide(self) -> None:
        """The saga shall be called off and nothing says yet that it may: the pivot's service has the last word."""
        saga, pivot = self.saga, self.definition.steps[self.definition.pivot]
        if saga.intended <= self.definition.pivot:
            self._write(direction=Direction.BACKWARD, attempts=0)
            return
        assert pivot.compensate is not None  # noqa: S101 - checked when the definition was made
        try:
            pivot.compensate(self._context())
        except PivotPassedError as passed:
            self._passed(pivot, self.definition.pivot, passed.result)
        except UnavailableError:
            raise
        except DomainError as refusal:
            self._stick(refusal)
        else:
            self._write(direction=Direction.BACKWARD, intended=self.definition.pivot, attempts=0)

    def _compensate(self) -> None:
        saga = self.saga
        if saga.intended == 0:
            self._end(SagaState.COMPENSATED, *self._answer(self.definition.failed, failure=saga.failure))
            return
        step = self.definition.steps[saga.intended - 1]
        assert step.compensate is not None  # noqa: S101 - checked when the definition was made
        try:
            step.compensate(self._context())
        except UnavailableError:
            raise
        except DomainError as refusal:
            self._stick(refusal)
            return
        left = saga.intended - 1
        changes: dict[str, Any] = {"intended": left, "step": step.name, "attempts": 0}
        if left:
            self._write(**changes)
        else:
            self._end(SagaState.COMPENSATED, *self._answer(self.definition.failed, failure=saga.failure), **changes)

    def _end(self, state: SagaState, status: int, body: dict[str, Any], **changes: Any) -> None:
        self._write(
            state=state,
            answer_status=status,
            answer_body=json.dumps(body, separators=(",", ":"), default=str),
            finished_at=NOW,
            lease_owner=None,
            lease_until=None,
            **changes,
        )
        logger.info("saga ended", extra={"saga": str(self.saga.id), "kind": self.saga.kind, "state": str(state)})

    def _stick(self, refusal: DomainError) -> None:
        """A step that must succeed was refused for good: people have to look, and are told so."""
        self._write(state=SagaState.STUCK, last_error=_said(refusal), lease_owner=None, lease_until=None)
        logger.error(
            "saga stuck",
            extra={"saga": str(self.saga.id), "kind": self.saga.kind, "step": self.saga.step, "error": _said(refusal)},
        )

    def _answer(
        self, build: Any, data: Mapping[str, Any] | None = None, *, failure: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        context = self._context() if data is None else SagaContext(self.saga.id, self.saga.account_id, data)
        answer: tuple[int, dict[str, Any]] = build(context, failure) if failure is not None else build(context)
        return answer

    def _context(self) -> SagaContext:
        return SagaContext(self.saga.id, self.saga.account_id, self.saga.data, self.saga.failure)

    def _write(self, **changes: Any) -> None:
        """Write, if nobody else has written since; the lease starts anew. Raises `OvertakenError`."""
        saga = self.saga
        changes = {"lease_until": LEASED, **changes}
        where = {"pk": saga.pk, "version": saga.version}
        if not update(Saga, where=where, changes={"version": saga.version + 1, **changes}):
            raise OvertakenError(str(saga.id))
        if "state" in changes:
            sagas_ended.labels(saga.kind, changes["state"]).inc()
        saga.version += 1
        for name, value in changes.items():
            setattr(saga, name, value)


def _released(wait: float) -> dict[str, Any]:
    return {"lease_owner": None, "lease_until": None, "next_attempt_at": Now() + timedelta(seconds=wait)}


def failure_of(reason: DomainError) -> dict[str, Any]:
    """The problem that the saga's caller will get, kept as data."""
    return problem(status=reason.status, code=reason.code, detail=reason.detail, errors=reason.errors, data=reason.data)


def _said(exc: DomainError) -> str:
    return f"{exc.code}: {exc.detail} {json.dumps(exc.data, default=str)}"[:1000]
