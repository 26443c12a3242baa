"""The saga engine, over steps that are told what to do: every failure at every step, and every interruption."""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from chassis.errors import DomainError, UnavailableError
from sagas import engine
from sagas.engine import OvertakenError, call_off, start, take
from sagas.metrics import saga_gauges, sagas_ended
from sagas.models import Saga
from sagas.selectors import stuck_sagas
from sagas.services import resume_stuck
from sagas.states import Direction, SagaState
from sagas.steps import Definition, Pivot, PivotPassedError, SagaContext, Step, definitions
from sagas.tasks import resume_sagas

pytestmark = pytest.mark.django_db

STEPS = ("reserve", "order", "pay", "confirm", "commit")


class RefusedError(DomainError):
    code = "refused_for_good"
    status = 409


class ExpiredError(DomainError):
    code = "too_late"
    status = 409


class Services:
    """The participants: they note what reaches them and answer as told."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answers: dict[str, list[Exception | Callable[[], None]]] = {}

    def tell(self, call: str, *answers: Exception | Callable[[], None]) -> None:
        self.answers[call] = list(answers)

    def called(self, name: str) -> Mapping[str, Any]:
        self.calls.append(name)
        told = self.answers.get(name)
        answer = told.pop(0) if told else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            answer()
        return {name: "done"}

    def definition(self) -> Definition:
        def call(name: str) -> Callable[[SagaContext], Mapping[str, Any]]:
            return lambda saga: self.called(name)

        return Definition(
            kind="test",
            steps=(
                Step("reserve", call("reserve"), compensate=call("release")),
                Step("order", call("order"), compensate=call("reject")),
                Pivot("pay", call("pay"), compensate=call("cancel")),
                Step("confirm", call("confirm")),
                Step("commit", call("commit")),
            ),
            undecided_for=timedelta(minutes=2),
            completed=lambda saga: (201, {"id": saga.id, "paid": saga.data["pay"]}),
            failed=lambda saga, failure: (failure["status"], {"code": failure["code"]}),
            expired=ExpiredError,
        )


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setitem(definitions, "test", services.definition())
    monkeypatch.setattr(engine, "jitter", lambda seconds: 0.0)
    return services


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause after a failed call is longer than the driver has: it lets go."""
    monkeypatch.setattr(engine, "jitter", lambda seconds: 60.0)


def begin(**changes: Any) -> engine.Drive:
    drive = start(
        kind="test", saga_id=uuid.uuid4(), account_id=uuid.uuid4(), fingerprint="f", data={"given": 1, **changes}
    )
    assert drive is not None
    return drive


def abandon(saga: Saga) -> None:
    """Let the lease run out, as it does when its driver was killed or stopped."""
    Saga.objects.filter(pk=saga.pk).update(lease_until=Now() - timedelta(seconds=1), version=F("version") + 1)


def test_a_saga_takes_each_step_once_and_keeps_its_answer(services: Services) -> None:
    saga = begin().run(seconds=5)
    assert services.calls == list(STEPS)
    saga.refresh_from_db()
    assert (saga.state, saga.direction, saga.done, saga.intended) == ("completed", "forward", 5, 5)
    assert saga.answer_status == 201
    assert saga.answer_body == f'{{"id":"{saga.id}","paid":"done"}}'
    assert saga.lease_owner is None


def test_a_step_costs_one_write(services: Services, django_assert_num_queries: Any) -> None:
    drive = begin()
    with django_assert_num_queries(5):
        drive.run(seconds=5)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ("reserve", ["reserve", "release"]),
        ("order", ["reserve", "order", "reject", "release"]),
        ("pay", ["reserve", "order", "pay", "cancel", "reject", "release"]),
    ],
)
def test_a_refusal_up_to_the_pivot_calls_off_what_may_have_happened(
    services: Services, refused: str, expected: list[str]
) -> None:
    services.tell(refused, RefusedError())
    saga = begin().run(seconds=5)
    saga.refresh_from_db()
    assert services.calls == expected
    assert (saga.state, saga.direction, saga.answer_status) == ("compensated", "backward", 409)
    assert saga.answer_body == '{"code":"refused_for_good"}'


@pytest.mark.parametrize("step", STEPS)
def test_an_unknown_outcome_is_tried_again(services: Services, step: str) -> None:
    services.tell(step, UnavailableError(), UnavailableError())
    saga = begin().run(seconds=5)
    assert saga.state == SagaState.COMPLETED
    assert services.calls.count(step) == 3


@pytest.mark.parametrize("compensation", ["cancel", "reject", "release"])
def test_a_compensation_is_tried_until_it_is_done(services: Services, compensation: str) -> None:
    services.tell("pay", RefusedError())
    services.tell(compensation, UnavailableError(), UnavailableError())
    saga = begin().run(seconds=5)
    assert saga.state == SagaState.COMPENSATED
    assert services.calls.count(compensation) == 3


@pytest.mark.parametrize("step", ["confirm", "commit"])
def test_a_refusal_past_the_pivot_is_stuck_until_a_person_lets_it_go_on(services: Services, step: str) -> None:
    services.tell(step, RefusedError())
    saga = begin().run(seconds=5)
    assert saga.state == SagaState.STUCK
    assert [found.pk for found in stuck_sagas()] == [saga.pk]
    assert take(saga.pk) is None
    assert "release" not in services.calls

    assert resume_stuck(sagas=Saga.objects.all()) == 1
    drive = take(saga.pk)
    assert drive is not None
    assert drive.run(seconds=5).state == SagaState.COMPLETED
    assert stuck_sagas().count() == 0


def test_a_pivot_found_passed_while_calling_off_goes_forward(services: Services) -> None:
    services.tell("pay", RefusedError())
    services.tell("cancel", PivotPassedError({"pay": "captured"}))
    saga = begin().run(seconds=5)
    assert services.calls == ["reserve", "order", "pay", "cancel", "confirm", "commit"]
    saga.refresh_from_db()
    assert (saga.state, saga.failure, saga.data["pay"]) == ("completed", None, "captured")


@pytest.mark.parametrize("step", STEPS)
def test_a_driver_killed_during_a_step_is_followed_by_another(services: Services, step: str) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    services.tell(step, die)
    drive = begin()
    with pytest.raises(KeyboardInterrupt):
        drive.run(seconds=5)
    assert take(drive.saga.pk) is None, "the lease still runs"
    abandon(drive.saga)
    again = take(drive.saga.pk)
    assert again is not None
    assert again.run(seconds=5).state == SagaState.COMPLETED
    assert services.calls.count(step) == 2


@pytest.mark.parametrize("step", STEPS)
def test_a_driver_that_was_overtaken_stops_at_its_next_write(services: Services, step: str) -> None:
    drive = begin()

    def overtaken() -> None:
        abandon(drive.saga)
        other = take(drive.saga.pk)
        assert other is not None
        assert other.run(seconds=5).state == SagaState.COMPLETED

    services.tell(step, overtaken)
    with pytest.raises(OvertakenError):
        drive.run(seconds=5)
    saga = Saga.objects.get()
    assert saga.state == SagaState.COMPLETED


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("reserve", ["reserve", "release"]),
        ("order", ["reserve", "order", "reject", "release"]),
        ("pay", ["reserve", "order", "pay", "cancel", "reject", "release"]),
    ],
)
def test_calling_off_overtakes_the_driver_in_the_middle_of_its_call(
    services: Services, step: str, expected: list[str]
) -> None:
    drive = begin()

    def cancelled() -> None:
        canceller = call_off(drive.saga.pk, reason=RefusedError())
        assert canceller is not None
        assert canceller.run(seconds=5).state == SagaState.COMPENSATED

    services.tell(step, cancelled)
    with pytest.raises(OvertakenError):
        drive.run(seconds=5)
    assert services.calls == expected


@pytest.mark.parametrize("step", ["confirm", "commit"])
def test_past_the_pivot_nobody_calls_off(services: Services, step: str) -> None:
    drive = begin()
    called_off: list[object] = []
    services.tell(step, lambda: called_off.append(call_off(drive.saga.pk, reason=RefusedError())))
    assert drive.run(seconds=5).state == SagaState.COMPLETED
    assert called_off == [None]


def test_while_compensating_nobody_crosses_the_pivot(services: Services, impatient: None) -> None:
    services.tell("order", RefusedError())
    services.tell("reject", UnavailableError())
    begin().run(seconds=5)
    saga = Saga.objects.get()
    assert saga.direction == Direction.BACKWARD
    with pytest.raises(IntegrityError), transaction.atomic():
        Saga.objects.update(direction=Direction.FORWARD, version=F("version") + 1)
    again = take(saga.pk)
    assert again is not None
    assert again.run(seconds=5).state == SagaState.COMPENSATED
    assert "pay" not in services.calls


def test_undecided_past_its_deadline_is_called_off(services: Services, impatient: None) -> None:
    services.tell("order", UnavailableError())
    saga = begin().run(seconds=5)
    assert (saga.state, saga.lease_owner) == (SagaState.RUNNING, None)
    Saga.objects.update(deadline_at=Now() - timedelta(seconds=1), version=F("version") + 1)
    again = take(saga.pk)
    assert again is not None
    assert again.run(seconds=5).answer_body == '{"code":"too_late"}'
    assert services.calls == ["reserve", "order", "reject", "release"]


@pytest.mark.parametrize("reason", ["cancelled", "expired", "refused"])
def test_the_pauses_of_a_step_that_failed_often_do_not_slow_its_calling_off(
    services: Services, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr(engine, "jitter", lambda seconds: 0.0 if seconds < 10 else 60.0)
    services.tell("reject", UnavailableError(), UnavailableError())
    services.tell("order", *[UnavailableError()] * 6, RefusedError() if reason == "refused" else UnavailableError())
    saga = begin().run(seconds=5)
    if reason != "refused":
        Saga.objects.update(deadline_at=Now() - timedelta(seconds=1), version=F("version") + 1)
        drive = take(saga.pk) if reason == "expired" else call_off(saga.pk, reason=RefusedError())
        assert drive is not None
        saga = drive.run(seconds=5)
    assert saga.state == SagaState.COMPENSATED


def test_past_the_pivot_no_deadline_counts(services: Services, impatient: None) -> None:
    services.tell("confirm", UnavailableError())
    saga = begin().run(seconds=5)
    Saga.objects.update(deadline_at=Now() - timedelta(seconds=1), version=F("version") + 1)
    again = take(saga.pk)
    assert again is not None
    assert again.run(seconds=5).state == SagaState.COMPLETED


def test_the_same_id_starts_once(services: Services) -> None:
    drive = begin()
    again = start(kind="test", saga_id=drive.saga.pk, account_id=uuid.uuid4(), fingerprint="g", data={})
    assert again is None
    assert Saga.objects.get().fingerprint == "f"


def test_the_worker_resumes_what_nobody_drives(services: Services, run_jobs: Callable[[], int]) -> None:
    services.tell("pay", UnavailableError())
    saga = begin().run(seconds=0)
    Saga.objects.update(next_attempt_at=Now(), version=F("version") + 1)
    driven = begin()
    resume_sagas()
    resume_sagas()
    assert run_jobs() == 1
    saga.refresh_from_db()
    assert saga.state == SagaState.COMPLETED
    driven.saga.refresh_from_db()
    assert driven.saga.state == SagaState.RUNNING


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_a_saga_one_gets_it(services: Services) -> None:
    saga = begin().saga
    abandon(saga)
    got: list[object] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        barrier.wait()
        drive = take(saga.pk)
        if drive is not None:
            got.append(drive)
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("saga_state_known", {"state": "odd"}),
        ("saga_direction_known", {"direction": "odd"}),
        ("saga_completed_forward", {"state": "completed", "answer_status": 201}),
        ("saga_compensated_backward", {"state": "compensated", "direction": "backward", "answer_status": 409}),
        ("saga_done_was_intended", {"done": 2}),
        ("every write of a saga increments its version", {"version": F("version")}),
    ],
)
def test_the_database_refuses_an_impossible_saga(services: Services, constraint: str, changes: dict[str, Any]) -> None:
    begin()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Saga.objects.update(**{"version": F("version") + 1, **changes})


def test_an_ended_saga_does_not_change(services: Services) -> None:
    begin().run(seconds=5)
    with pytest.raises(IntegrityError, match="an ended saga does not change"), transaction.atomic():
        Saga.objects.update(finished_at=timezone.now(), version=F("version") + 1)


def told() -> dict[tuple[str, str], float]:
    """What Prometheus is told of sagas: values by name and labels, in the order of their names."""
    return {
        (sample.name, " ".join(value for _label, value in sorted(sample.labels.items()))): sample.value
        for family in [*saga_gauges(), *sagas_ended.collect()]
        for sample in family.samples
    }


def test_sagas_are_told_by_state_and_direction_with_the_age_of_the_oldest(services: Services, impatient: None) -> None:
    before = told().get(("shop_sagas_ended_total", "test completed"), 0)
    begin().run(seconds=5)
    for failing in (UnavailableError(), RefusedError()):
        services.tell("confirm", failing)
        saga = begin().run(seconds=0.1)
    Saga.objects.filter(pk=saga.pk).update(created_at=Now() - timedelta(hours=2), version=F("version") + 1)
    begin()
    late = timezone.now() - timedelta(minutes=11)
    Saga.objects.filter(direction=Direction.UNDECIDED).update(deadline_at=late, version=F("version") + 1)
    now = told()
    counts = {labels: value for (name, labels), value in now.items() if name == "shop_sagas"}
    assert counts == {"forward test running": 1, "forward test stuck": 1, "undecided test running": 1}
    assert 7200 <= now["shop_sagas_oldest_seconds", "forward test stuck"] < 7210
    assert now["shop_sagas_oldest_seconds", "undecided test running"] < 10
    assert now["shop_sagas_overdue", "test"] == 1
    assert now["shop_sagas_ended_total", "test completed"] == before + 1
    assert now["shop_sagas_ended_total", "test stuck"] >= 1
