"""The database refuses what must never be, whoever asks."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from addresses.models import Address
from deliveries.models import Delivery, DeliveryEvent
from orders.models import Order, OrderLine, SellerOrder
from orders.services import reject_order
from orders.states import OrderState
from tests.samples import ADDRESS, address_of, confirmed, placed

pytestmark = pytest.mark.django_db


def refused(attempt: Callable[[], Any]) -> str:
    """Return the name of the constraint that refuses `attempt`, at once or when the transaction would commit."""

    @transaction.atomic
    def commit() -> None:
        attempt()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as refusal:
        commit()
    name = refusal.value.__cause__.diag.constraint_name  # type: ignore[union-attr]
    return str(name)


def changed(model: Any, **values: Any) -> Callable[[], Any]:
    return lambda: model.objects.update(**values)


def tombstone() -> Order:
    return reject_order(order_id=uuid.uuid4())


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "lost"}, "order_confirmed_at_matches_state"),
        ({"items_amount": -1, "total_amount": -1}, "order_amounts_not_negative"),
        ({"shipping_amount": -1, "total_amount": 3997}, "order_amounts_not_negative"),
        ({"total_amount": 3999}, "order_total_adds_up"),
        ({"shipping_amount": 1}, "order_total_adds_up"),
        ({"state": OrderState.CONFIRMED}, "order_confirmed_at_matches_state"),
        ({"confirmed_at": timezone.now()}, "order_confirmed_at_matches_state"),
        ({"buyer": None}, "order_without_buyer_is_tombstone"),
        ({"reference": None}, "order_without_buyer_is_tombstone"),
        ({"shipping_address": None}, "order_without_buyer_is_tombstone"),
        ({"buyer_email": ""}, "order_without_buyer_is_tombstone"),
        ({"content_fingerprint": ""}, "order_without_buyer_is_tombstone"),
        ({"items_amount": 3999, "total_amount": 3999}, "order_items_amount_is_sum"),
    ],
)
def test_an_order_cannot_be_wrong(values: dict[str, Any], constraint: str) -> None:
    placed()
    assert refused(changed(Order, **values)) == constraint


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": OrderState.PENDING}, "order_without_buyer_is_tombstone"),
        ({"items_amount": 1, "total_amount": 1}, "order_without_buyer_is_tombstone"),
        ({"buyer": uuid.uuid4()}, "order_without_buyer_is_tombstone"),
        ({"buyer_email": "claire@example.com"}, "order_without_buyer_is_tombstone"),
        ({"shipping_address": ADDRESS}, "order_without_buyer_is_tombstone"),
        ({"reference": "0000-0000-00"}, "order_without_buyer_is_tombstone"),
    ],
)
def test_a_tombstone_has_no_content(values: dict[str, Any], constraint: str) -> None:
    tombstone()
    assert refused(changed(Order, **values)) == constraint


def test_a_tombstone_gets_no_lines() -> None:
    order = tombstone()

    def add() -> None:
        part = SellerOrder.objects.create(order=order, seller=uuid.uuid4(), total_amount=0)
        OrderLine.objects.create(
            seller_order=part,
            variant=uuid.uuid4(),
            product=uuid.uuid4(),
            title="Free",
            quantity=1,
            unit_amount=0,
            line_amount=0,
        )

    assert refused(add) == "order_tombstone_is_empty"


def test_a_reference_names_one_order() -> None:
    first, second = placed(), placed()
    assert (
        refused(lambda: Order.objects.filter(pk=second.pk).update(reference=first.reference))
        == "orders_order_reference_key"
    )


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "lost"}, "seller_order_state_known"),
        ({"total_amount": -1}, "seller_order_total_not_negative"),
        ({"total_amount": 3999}, "seller_order_total_is_sum"),
    ],
)
def test_a_seller_order_cannot_be_wrong(values: dict[str, Any], constraint: str) -> None:
    placed()
    assert refused(changed(SellerOrder, **values)) == constraint


def test_a_seller_has_one_part_of_an_order() -> None:
    order = placed(sellers=[uuid.uuid4(), uuid.uuid4()])
    seller = uuid.uuid4()
    assert refused(lambda: order.seller_orders.update(seller=seller)) == "seller_order_once_per_seller"


def test_a_seller_order_has_lines() -> None:
    order = placed()
    assert (
        refused(lambda: SellerOrder.objects.create(order=order, seller=uuid.uuid4(), total_amount=0))
        == "seller_order_total_is_sum"
    )


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"quantity": 0, "line_amount": 0}, "order_line_quantity_in_range"),
        ({"quantity": 1000, "line_amount": 1_999_000}, "order_line_quantity_in_range"),
        ({"unit_amount": -1, "line_amount": -2}, "order_line_price_not_negative"),
        ({"line_amount": 3999}, "order_line_amount_is_product"),
        ({"quantity": 3}, "order_line_amount_is_product"),
        ({"quantity": 3, "line_amount": 5997}, "order_items_amount_is_sum"),
    ],
)
def test_a_line_cannot_be_wrong(values: dict[str, Any], constraint: str) -> None:
    placed()
    assert refused(changed(OrderLine, **values)) == constraint


def test_a_variant_is_on_one_line() -> None:
    placed(lines_each=2)
    assert refused(changed(OrderLine, variant=uuid.uuid4())) == "order_line_once_per_variant"


def test_lines_do_not_come_or_go_alone() -> None:
    order = placed(lines_each=2)
    part = order.seller_orders.get()
    last = part.lines.all()[1]
    assert refused(last.delete) == "order_items_amount_is_sum"
    assert refused(lambda: OrderLine.objects.all().delete()) == "order_has_lines"

    def add() -> None:
        last.pk, last.variant = uuid.uuid4(), uuid.uuid4()
        last.save(force_insert=True)

    assert refused(add) == "order_items_amount_is_sum"


def test_a_line_does_not_move_to_another_seller() -> None:
    order = placed(sellers=[uuid.uuid4(), uuid.uuid4()], lines_each=2)
    first, second = order.seller_orders.all()

    def move() -> None:
        OrderLine.objects.filter(pk=first.lines.all()[0].pk).update(seller_order=second)

    assert refused(move) == "seller_order_total_is_sum"


def test_a_line_does_not_move_to_another_order() -> None:
    first, second = placed(), placed()

    def move() -> None:
        first.seller_orders.update(order=second)

    assert refused(move) == "order_has_lines"


def delivery(**changes: Any) -> Delivery:
    values = {
        "seller_order": SellerOrder.objects.get(),
        "carrier": "DHL",
        "tracking_number": "1",
        "shipped_at": timezone.now(),
        **changes,
    }
    return Delivery.objects.create(**values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "lost"}, "delivery_status_known"),
        ({"tracking_number": "<1>"}, "delivery_tracking_number_plain"),
        ({"tracking_number": ""}, "delivery_tracking_number_plain"),
        ({"carrier": ""}, "delivery_carrier_named"),
    ],
)
def test_a_delivery_cannot_be_wrong(values: dict[str, Any], constraint: str) -> None:
    confirmed()
    assert refused(lambda: delivery(**values)) == constraint


def test_a_parcel_is_named_once_in_a_sale() -> None:
    confirmed()
    first = delivery()
    assert refused(delivery) == "delivery_once_per_tracking_number"
    assert (
        refused(lambda: DeliveryEvent.objects.create(delivery=first, status="lost", occurred_at=timezone.now()))
        == "delivery_event_status_known"
    )


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"country": "fr"}, "address_country_is_two_capitals"),
        ({"country": "F"}, "address_country_is_two_capitals"),
        ({"full_name": ""}, "address_is_deliverable"),
        ({"line1": ""}, "address_is_deliverable"),
        ({"postal_code": ""}, "address_is_deliverable"),
        ({"city": ""}, "address_is_deliverable"),
    ],
)
def test_an_address_cannot_be_wrong(values: dict[str, Any], constraint: str) -> None:
    address_of(uuid.uuid4())
    assert refused(changed(Address, **values)) == constraint
