"""The same things asked at once, on real connections."""

import contextlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from chassis.errors import DomainError
from chassis.jobs.models import Job
from chassis.money import Money
from deliveries.models import Delivery, DeliveryEvent
from deliveries.services import ship_sale
from orders.models import Order, OrderLine
from orders.services import PlacedLine, Placement, confirm_order, place_order, reject_order
from orders.states import OrderState
from tests.samples import address_of, placed, sale_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*attempts: Callable[[], Any]) -> list[Any]:
    """Run all attempts in threads that start together; return what each gave, or the code of its refusal."""
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            return attempt()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def placement(buyer: uuid.UUID) -> Placement:
    line = PlacedLine(
        variant=uuid.uuid4(),
        product=uuid.uuid4(),
        seller=uuid.uuid4(),
        title="Linen shirt",
        sku="",
        quantity=1,
        unit_price=Money(1999, "EUR"),
    )
    return Placement(
        buyer=buyer,
        buyer_email="claire@example.com",
        buyer_language="en",
        shipping_address=address_of(buyer).pk,
        currency="EUR",
        lines=(line,),
    )


def test_an_order_placed_many_times_at_once_is_one() -> None:
    order_id, content = uuid.uuid4(), placement(uuid.uuid4())
    outcomes = at_once(*[lambda: place_order(order_id=order_id, placement=content)[1]] * 8)
    assert Counter(outcomes) == {True: 1, False: 7}
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 1)


def test_of_two_contents_under_one_id_one_wins() -> None:
    order_id = uuid.uuid4()
    contents = [placement(uuid.uuid4()), placement(uuid.uuid4())]
    outcomes = at_once(*[lambda one=one: place_order(order_id=order_id, placement=one)[1] for one in contents])
    assert Counter(outcomes) == {True: 1, "order_mismatch": 1}
    assert Order.objects.count() == 1


@pytest.mark.parametrize("_again", range(5))
def test_placing_against_calling_off_ends_rejected(_again: int) -> None:
    order_id, content = uuid.uuid4(), placement(uuid.uuid4())
    outcomes = at_once(
        lambda: place_order(order_id=order_id, placement=content)[1],
        lambda: reject_order(order_id=order_id).state,
    )
    assert outcomes[0] in {True, "order_rejected"}
    assert outcomes[1] == OrderState.REJECTED
    assert Order.objects.get().state == OrderState.REJECTED


@pytest.mark.parametrize("_again", range(5))
def test_confirming_against_rejecting_has_one_winner(_again: int) -> None:
    order = placed()
    confirms = [lambda: confirm_order(order_id=order.pk).state] * 3
    rejects = [lambda: reject_order(order_id=order.pk).state] * 3
    outcomes = at_once(*confirms, *rejects)
    state = Order.objects.get().state
    if state == OrderState.CONFIRMED:
        assert outcomes == ["confirmed"] * 3 + ["order_confirmed"] * 3
        assert Job.objects.count() == 1
    else:
        assert outcomes == ["order_rejected"] * 3 + ["rejected"] * 3
        assert Job.objects.count() == 0


def test_confirming_many_times_at_once_mails_once() -> None:
    order = placed()
    outcomes = at_once(*[lambda: confirm_order(order_id=order.pk).confirmed_at] * 8)
    assert len(set(outcomes)) == 1
    assert Job.objects.count() == 1


def test_a_sale_shipped_many_times_at_once_ships_once() -> None:
    seller = uuid.uuid4()
    sale = sale_of(seller)
    Job.objects.all().delete()
    outcomes = at_once(
        *[
            lambda number=number: (
                ship_sale(seller=seller, sale_id=sale.pk, carrier="DHL", tracking_number=str(number)).carrier
            )
            for number in range(6)
        ]
    )
    assert Counter(outcomes) == {"DHL": 1, "already_shipped": 5}
    assert (Delivery.objects.count(), DeliveryEvent.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_two_lines_removed_at_once_do_not_leave_an_empty_order() -> None:
    order = placed(lines_each=2, amount=0)
    lines = [line.pk for line in order.seller_orders.get().lines.all()]
    deleted, checked = threading.Barrier(2), threading.Barrier(2)

    def remove(line_id: uuid.UUID) -> str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                OrderLine.objects.filter(pk=line_id).delete()
                deleted.wait(timeout=10)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                # Both get here together only if neither check waits for the other's transaction.
                with contextlib.suppress(threading.BrokenBarrierError):
                    checked.wait(timeout=1)
        except IntegrityError:
            return "refused"
        return "done"

    outcomes = at_once(*[lambda line=line: remove(line) for line in lines])
    assert Counter(outcomes) == {"done": 1, "refused": 1}
    assert OrderLine.objects.count() == 1
