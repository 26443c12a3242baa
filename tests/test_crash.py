"""After any crash at any step, every checkout is completed or fully compensated, with nobody's help.

A test sends one checkout for each call of the saga, and has each wait at the same point of its own call; then it kills
what it is about, for all of them at once.
"""

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.audit import Databases, audit, let_deadlines_pass, let_leases_run_out
from tests.faults import AFTER, BEFORE, Call, FaultProxy, Held, Point
from tests.shop import DECLINED, VISA, Basket, Item, Shop, eventually, in_background, problem_of, together

FORWARD = ("reserve", "order", "pay", "confirm", "commit")
BACKWARD = ("cancel", "reject", "release")
ROUTES = {
    "reserve": ("inventory", "PUT", "/reservations/{reservation}$"),
    "order": ("orders", "PUT", "/orders/{order}$"),
    "pay": ("payment", "PUT", "/payments/{payment}$"),
    "confirm": ("orders", "POST", "/orders/{order}/confirm$"),
    "commit": ("inventory", "POST", "/reservations/{reservation}/commit$"),
    "cancel": ("payment", "POST", "/payments/{payment}/cancel$"),
    "reject": ("orders", "POST", "/orders/{order}/reject$"),
    "release": ("inventory", "POST", "/reservations/{reservation}/release$"),
}
CALLED_SERVICES = ("inventory", "orders", "payment")


@dataclass(eq=False)
class Attempt:
    """A checkout that something is about to happen to, at its call of that name."""

    name: str
    basket: Basket
    proxy: FaultProxy
    method: str
    path: str

    @property
    def goes_forward(self) -> bool:
        return self.name in FORWARD

    def hold(self, at: Point, *, once: bool = False) -> Held:
        return self.proxy.hold(self.method, self.path, at=at, once=once)

    def calls(self) -> list[Call]:
        return self.proxy.calls(self.method, self.path)


@dataclass(eq=False)
class Parked:
    """An attempt whose call waits in the proxy."""

    attempt: Attempt
    held: Held
    answer: "Future[requests.Response | None]"

    def wait_for_another(self) -> None:
        """Returns once somebody else makes the call again, and is held too."""
        known = len(self.held.calls)
        eventually(lambda: len(self.held.calls) > known, 40, f"another {self.attempt.name}")


def attempt_at(shop: Shop, name: str, item: Item) -> Attempt:
    """A filled cart whose checkout will make that call; one that compensates is declined at its payment."""
    basket = shop.basket(shop.buyer(), item, method=VISA if name in FORWARD else DECLINED)
    service, method, path = ROUTES[name]
    ids = {part: getattr(basket, part) for part in ("reservation", "order", "payment")}
    return Attempt(name, basket, shop.proxies[service], method, path.format(**ids))


def attempts(shop: Shop, names: Sequence[str] = (*FORWARD, *BACKWARD)) -> list[Attempt]:
    item = shop.item(stock=len(names))
    return [attempt_at(shop, name, item) for name in names]


@contextmanager
def parked(shop: Shop, at: Point, names: Sequence[str] = (*FORWARD, *BACKWARD)) -> Iterator[list[Parked]]:
    """A checkout for each of the calls, all of them waiting there."""
    chosen = attempts(shop, names)
    with ThreadPoolExecutor(len(chosen)) as pool:
        held = [attempt.hold(at) for attempt in chosen]
        answers = in_background(pool, [attempt.basket for attempt in chosen])
        waiting = [Parked(*parts) for parts in zip(chosen, held, answers, strict=True)]
        try:
            for each in waiting:
                each.held.wait()
            yield waiting
        finally:
            for each in waiting:
                each.held.let_go()


def baskets_of(waiting: Sequence[Parked]) -> list[Basket]:
    return [each.attempt.basket for each in waiting]


def check_the_end(shop: Shop, tried: Sequence[Attempt]) -> None:
    """All have ended, all databases agree, and who asks again with the same key is told just that."""
    truth = audit(shop)
    for attempt in tried:
        answer = attempt.basket.decided()
        saga = truth.sagas[attempt.basket.checkout]
        if attempt.goes_forward:
            attempt.basket.buyer.api.check(answer, 201)
            assert answer.json()["order"]["id"] == str(attempt.basket.order)
            assert saga["state"] == "completed", attempt.name
        else:
            attempt.basket.buyer.api.check(answer, 402)
            problem_of(answer, "payment_declined")
            assert saga["state"] == "compensated", attempt.name
        assert attempt.basket.decided().content == answer.content


# The driver dies.


def test_the_driver_killed_before_each_call_and_the_call_delivered_after_the_end(shop: Shop) -> None:
    with parked(shop, BEFORE) as waiting:
        shop.kill("aggregator-web")
        late = [call for each in waiting for call in each.held.calls]
        for each in waiting:
            each.held.let_later_pass()
        let_leases_run_out(shop, baskets_of(waiting))
        assert [each.answer.result() for each in waiting] == [None] * len(waiting)
        shop.wait_until_up()
        check_the_end(shop, [each.attempt for each in waiting])
        for each in waiting:
            each.held.let_go()
        assert {call.wait().status for call in late} <= {200, 409}
        check_the_end(shop, [each.attempt for each in waiting])


def test_the_driver_killed_after_each_call_before_its_answer_is_written(shop: Shop) -> None:
    with parked(shop, AFTER) as waiting:
        shop.kill("aggregator-web")
        for each in waiting:
            each.held.drop()
        let_leases_run_out(shop, baskets_of(waiting))
        assert [each.answer.result() for each in waiting] == [None] * len(waiting)
        shop.wait_until_up()
        check_the_end(shop, [each.attempt for each in waiting])


def test_the_driver_and_then_the_worker_killed_at_the_same_step(shop: Shop) -> None:
    with parked(shop, AFTER, ("order", "pay", "confirm", "reject")) as waiting:
        shop.kill("aggregator-web")
        let_leases_run_out(shop, baskets_of(waiting))
        for each in waiting:
            each.wait_for_another()
        shop.kill("aggregator-worker")
        for each in waiting:
            each.held.drop()
        let_leases_run_out(shop, baskets_of(waiting))
        shop.wait_until_up()
        check_the_end(shop, [each.attempt for each in waiting])


@pytest.mark.parametrize("at", [BEFORE, AFTER], ids=["calls", "answers"])
def test_the_driver_stopped_with_its_calls_or_answers_on_the_way_and_continued_after_the_end(
    shop: Shop, at: Point
) -> None:
    with parked(shop, at) as waiting:
        shop.platform.process("aggregator-web").pause()
        late = [call for each in waiting for call in each.held.calls]
        for each in waiting:
            each.held.let_later_pass()
        if at is AFTER:
            let_leases_run_out(shop, baskets_of(waiting))
        # The others go through the real lease of 30 seconds.
        before = audit(shop, seconds=75)
        for each in waiting:
            each.held.let_go()
        assert all(call.wait().status in {200, 201, 409} for call in late)
        shop.platform.process("aggregator-web").resume()
        said = [each.answer.result() for each in waiting]
        assert {answer.status_code for answer in said if answer is not None} <= {201, 202, 402}
        after = audit(shop)
        assert before.sagas == after.sagas
        check_the_end(shop, [each.attempt for each in waiting])


def test_a_worker_stopped_while_it_drives_is_overtaken_by_its_buyer(shop: Shop) -> None:
    """Nobody else drives then: the buyer's own cancel decides, and the worker that comes back must not."""
    with parked(shop, BEFORE, ("reserve", "order", "pay")) as waiting:
        shop.kill("aggregator-web")
        let_leases_run_out(shop, baskets_of(waiting))
        for each in waiting:
            each.wait_for_another()
        shop.platform.process("aggregator-worker").pause()
        shop.wait_until_up()
        for each in waiting:
            each.held.let_later_pass()
            each.attempt.basket.buyer.api.check(each.attempt.basket.cancel(), 200)
        late = [call for each in waiting for call in each.held.calls]
        for each in waiting:
            each.held.let_go()
        shop.platform.process("aggregator-worker").resume()
        # What the killed driver and what the stopped worker had sent: neither changes anything.
        assert {call.wait().status for call in late} == {409}
        audit(shop)
        for each in waiting:
            problem_of(each.attempt.basket.decided(), "checkout_cancelled")


# A called service dies, or its database, or the driver's.


def test_each_called_service_killed_before_it_hears_of_the_call(shop: Shop) -> None:
    with parked(shop, BEFORE) as waiting:
        shop.kill(*(f"{service}-web" for service in CALLED_SERVICES))
        for each in waiting:
            each.held.let_go()
        check_the_end(shop, [each.attempt for each in waiting])


def test_each_called_service_killed_after_the_call_took_effect(shop: Shop) -> None:
    with parked(shop, AFTER) as waiting:
        shop.kill(*(f"{service}-web" for service in CALLED_SERVICES))
        for each in waiting:
            each.held.drop()
        check_the_end(shop, [each.attempt for each in waiting])


def test_each_called_service_killed_in_the_middle_of_the_call(shop: Shop) -> None:
    """The calls are on their way into the services when these are killed, wherever they are by then."""
    with parked(shop, BEFORE) as waiting:
        for each in waiting:
            each.held.let_go()
        shop.kill(*(f"{service}-web" for service in CALLED_SERVICES))
        check_the_end(shop, [each.attempt for each in waiting])


@pytest.mark.parametrize("at", [BEFORE, AFTER], ids=["before", "after"])
def test_the_databases_of_the_called_services_killed(shop: Shop, at: Point) -> None:
    with parked(shop, at) as waiting:
        shop.kill(*(f"{service}-postgres" for service in CALLED_SERVICES))
        for each in waiting:
            each.held.let_go() if at is BEFORE else each.held.drop()
        check_the_end(shop, [each.attempt for each in waiting])


@pytest.mark.parametrize("at", [BEFORE, AFTER], ids=["before", "after"])
def test_the_database_of_the_driver_killed(shop: Shop, at: Point) -> None:
    with parked(shop, at) as waiting:
        shop.kill("aggregator-postgres")
        for each in waiting:
            each.held.let_go()
        shop.wait_until_up()
        for each in waiting:
            each.answer.result()
        let_leases_run_out(shop, baskets_of(waiting))
        check_the_end(shop, [each.attempt for each in waiting])


def test_everything_killed_at_once(shop: Shop) -> None:
    with parked(shop, AFTER) as waiting:
        shop.kill(
            *(f"{service.name}-{kind}" for service in shop.platform.services for kind in ("web", "worker", "postgres"))
        )
        for each in waiting:
            each.held.drop()
        shop.wait_until_up()
        let_leases_run_out(shop, baskets_of(waiting))
        check_the_end(shop, [each.attempt for each in waiting])


def test_the_payment_service_killed_between_the_provider_s_capture_and_its_own_note_of_it(shop: Shop) -> None:
    """The provider has the money and nobody here knows: the payment's row is locked, so that it cannot be noted."""
    basket = shop.basket(shop.buyer(), shop.item(), method="pm_sandbox_slow")
    databases = Databases(shop)
    payment = str(basket.payment)
    with ThreadPoolExecutor(1) as pool, databases.connection("payment") as lock:
        (answer,) = in_background(pool, [basket])
        with lock.cursor() as cursor:
            eventually(lambda: _locks(cursor, payment), 15, "the payment's row")
            intent = "SELECT 1 FROM sandbox_sandboxintent WHERE payment = %s AND status = 'succeeded'"
            eventually(lambda: databases.read("payment", intent, payment), 15, "the provider's capture")
            shop.kill("payment-web")
            # A statement that was sent is carried out whether or not its client lives: it dies, too.
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            )
        lock.rollback()
        (noted,) = databases.read("payment", "SELECT state FROM payments_payment WHERE id = %s", payment)
        assert noted["state"] == "processing"
        answer.result()
    lock.close()
    shop.anonymous.check(basket.decided(), 201)
    audit(shop)


def _locks(cursor: Any, payment: str) -> bool:
    """Once the provider's intent is known; before that, the lock would keep it from being noted."""
    row = "SELECT 1 FROM payments_payment WHERE id = %s AND provider_reference <> '' FOR UPDATE"
    cursor.execute(row, [payment])
    return cursor.fetchone() is not None


# Calls that come late.


@pytest.mark.parametrize("name", ["reserve", "order", "pay"])
def test_a_call_held_back_until_its_compensation_has_been_answered_changes_nothing_when_it_arrives(
    shop: Shop, name: str
) -> None:
    item = shop.item(stock=1)
    attempt = attempt_at(shop, name, item)
    compensation = dict(zip(("reserve", "order", "pay"), ("release", "reject", "cancel"), strict=True))[name]
    service, method, path = ROUTES[compensation]
    with ThreadPoolExecutor(1) as pool:
        held = attempt.hold(BEFORE)
        (answer,) = in_background(pool, [attempt.basket])
        call = held.wait()
        attempt.basket.buyer.api.check(attempt.basket.cancel(), 200)
        ids = {part: getattr(attempt.basket, part) for part in ("reservation", "order", "payment")}
        (calling_off,) = shop.proxies[service].calls(method, path.format(**ids))
        assert calling_off.status == 200
        before = audit(shop)
        assert call.status is None
        held.let_go()
        assert call.wait().status == 409
        seen = answer.result()
        assert seen is not None
        problem_of(seen, "checkout_cancelled")
    after = audit(shop)
    for part in ("orders", "payments", "intents", "reservations", "levels", "carts"):
        assert getattr(before, part) == getattr(after, part)
    assert shop.available(item) == 1
    # The cart is free: a checkout of another key buys what is in it.
    shop.anonymous.check(attempt.basket.check_out(key=uuid.uuid4().hex), 201)
    audit(shop)


def test_each_call_held_back_until_its_repetition_has_ended_the_checkout(shop: Shop) -> None:
    """The driver gives the first call up after its time-out, makes it again and ends; then the first one arrives."""
    chosen = attempts(shop)
    with ThreadPoolExecutor(len(chosen)) as pool:
        held = [attempt.hold(BEFORE, once=True) for attempt in chosen]
        answers = in_background(pool, [attempt.basket for attempt in chosen])
        late = [each.wait() for each in held]
        for answer in answers:
            answer.result()
        check_the_end(shop, chosen)
        assert [call.status for call in late] == [None] * len(late)
        for each in held:
            each.let_go()
        # The reservation and the order of those that went forward are met again; nothing is refused but by a state.
        assert {call.wait().status for call in late} <= {200, 409}
        check_the_end(shop, chosen)


# Answers that go wrong.


@pytest.mark.parametrize("fault", ["lost", "truncated", "500 done", "500 not done", "503", "never arrived"])
def test_each_call_answered_wrongly_once(shop: Shop, fault: str) -> None:
    chosen = attempts(shop)
    for attempt in chosen:
        proxy, method, path = attempt.proxy, attempt.method, attempt.path
        match fault:
            case "lost":
                proxy.drop(method, path, at=AFTER)
            case "truncated":
                proxy.truncate(method, path)
            case "500 done":
                proxy.answer(method, path, 500, at=AFTER)
            case "500 not done":
                proxy.answer(method, path, 500, at=BEFORE)
            case "503":
                proxy.answer(method, path, 503, at=BEFORE)
            case "never arrived":
                proxy.drop(method, path, at=BEFORE)
    together(attempt.basket.try_to_check_out for attempt in chosen)
    check_the_end(shop, chosen)
    assert all(len(attempt.calls()) >= 2 for attempt in chosen)


# Decisions.


def test_a_checkout_that_cannot_be_decided_in_time_is_called_off(shop: Shop) -> None:
    item = shop.item(stock=1)
    attempt = attempt_at(shop, "order", item)
    attempt.proxy.answer(attempt.method, attempt.path, 503, at=BEFORE, once=False)
    answer = attempt.basket.check_out()
    attempt.basket.buyer.api.check(answer, 202)
    assert answer.headers["Location"] == f"/api/v1/checkouts/{attempt.basket.checkout}"
    assert "Retry-After" in answer.headers
    assert answer.json()["state"] == "processing"
    let_deadlines_pass(shop, [attempt.basket])
    problem_of(attempt.basket.decided(), "checkout_expired")
    audit(shop)
    assert shop.available(item) == 1


def test_a_payment_captured_unknown_to_its_driver_is_kept_when_the_checkout_is_to_be_called_off(shop: Shop) -> None:
    """Every answer about the payment is lost; calling off has to ask, learns that it was captured, and goes on."""
    attempt = attempt_at(shop, "pay", shop.item())
    attempt.proxy.drop(attempt.method, attempt.path, at=AFTER, once=False)
    attempt.basket.buyer.api.check(attempt.basket.check_out(), 202)
    attempt.proxy.reset()
    problem_of(attempt.basket.cancel(), "checkout_decided")
    attempt.basket.buyer.api.check(attempt.basket.decided(), 201)
    audit(shop)


def test_a_cancel_at_any_moment_wins_or_is_refused_and_both_say_the_same(shop: Shop) -> None:
    item = shop.item(stock=12)
    chosen = [attempt_at(shop, FORWARD[number % 5], item) for number in range(10)]
    for number, attempt in enumerate(chosen):
        # Each is cancelled while one of its calls is on its way, or has just been answered.
        at = BEFORE if number < 5 else AFTER
        attempt.proxy.delay(attempt.method, attempt.path, 1.0, at=at)
    with ThreadPoolExecutor(len(chosen)) as pool:
        answers = in_background(pool, [attempt.basket for attempt in chosen])
        for attempt in chosen:
            eventually(attempt.calls, 15, attempt.name)
        cancelled = [attempt.basket.cancel() for attempt in chosen]
        for answer in answers:
            answer.result()
    truth = audit(shop)
    for attempt, cancel in zip(chosen, cancelled, strict=True):
        final = attempt.basket.decided()
        if truth.sagas[attempt.basket.checkout]["state"] == "completed":
            problem_of(cancel, "checkout_decided")
            assert final.status_code == 201
        else:
            assert cancel.status_code in {200, 202}
            problem_of(final, "checkout_cancelled")
