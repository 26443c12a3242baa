"""Threads with connections of their own, all at once."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from carts import services as carts
from carts.models import Cart
from catalogue import services as catalogue
from chassis.errors import DomainError
from stock import services as stock
from stock.models import Reservation, StockLevel, StockMovement
from tests.factories import level_of, make_cart, make_product, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Start all calls together; return how each ended: `done`, or the code of its refusal."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            barrier.wait(timeout=10)
            call()
        except DomainError as refusal:
            return refusal.code
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def reserving(cart: Cart, ident: uuid.UUID, buyer: uuid.UUID | None = None) -> Callable[[], Any]:
    who = buyer or uuid.uuid4()
    return partial(stock.reserve, reservation_id=ident, cart_id=cart.pk, cart_version=cart.version, buyer=who)


def assert_stock_adds_up() -> None:
    """Movements sum to what is on hand; live reservations, to what is reserved."""
    for level in StockLevel.objects.all():
        moved = StockMovement.objects.filter(level=level).aggregate(sum=Sum("delta"))["sum"] or 0
        held = (
            Reservation.objects.filter(state="live", lines__variant=level.pk).aggregate(sum=Sum("lines__quantity"))[
                "sum"
            ]
            or 0
        )
        assert (level.on_hand, level.reserved) == (moved, held)


def test_forty_reserve_the_last_five() -> None:
    variant, other = make_variant(stock_of=5), make_variant(stock_of=100)
    # Half of the carts name the two variants in the other order.
    lines = [(variant, 1), (other, 1)]
    made = [make_cart(*(lines if number % 2 else lines[::-1])) for number in range(40)]
    results = at_once(*[reserving(cart, uuid.uuid4()) for cart in made])
    assert Counter(results) == {"done": 5, "out_of_stock": 35}
    assert (level_of(variant), level_of(other)) == ((5, 5), (100, 5))
    assert Reservation.objects.filter(state="live").count() == 5
    assert Cart.objects.filter(state="in_checkout").count() == 5
    assert_stock_adds_up()
    at_once(*[partial(stock.commit, reservation_id=ident) for ident in live_ids()])
    assert (level_of(variant), level_of(other)) == ((0, 0), (95, 0))
    assert_stock_adds_up()


def live_ids() -> list[uuid.UUID]:
    return list(Reservation.objects.filter(state="live").values_list("pk", flat=True))


@pytest.mark.parametrize("given_back", [True, False])
def test_who_waits_for_the_last_piece_gets_it_only_if_it_is_given_back(given_back: bool) -> None:
    variant, plenty = make_variant(stock_of=1), make_variant(stock_of=9)
    ident, second = uuid.uuid4(), uuid.uuid4()
    if given_back:
        reserving(make_cart((variant, 1)), ident)()
    first = partial(stock.release, reservation_id=ident) if given_back else reserving(make_cart((variant, 1)), ident)
    waiting = reserving(make_cart((variant, 1), (plenty, 1)), second)
    results: list[str] = []
    other = threading.Thread(target=lambda: results.extend(at_once(waiting)))
    with transaction.atomic():
        first()
        other.start()
        other.join(timeout=0.3)
        assert other.is_alive()  # it waits for the level
    other.join()
    assert results == (["done"] if given_back else ["out_of_stock"])
    assert (level_of(variant), level_of(plenty)) == ((1, 1), (9, 1 if given_back else 0))
    assert_stock_adds_up()


def test_reserve_and_release_of_one_id_leave_nothing_held() -> None:
    variant = make_variant(stock_of=5)
    outcomes = set()
    for _round in range(8):
        cart, ident = make_cart((variant, 1)), uuid.uuid4()
        results = at_once(reserving(cart, ident), partial(stock.release, reservation_id=ident))
        assert results[1] == "done"
        outcomes.add(results[0])
        assert Reservation.objects.get(pk=ident).state == "released"
        cart.refresh_from_db()
        assert cart.state == "open"
        assert level_of(variant) == (5, 0)
    assert outcomes <= {"done", "reservation_released"}


@pytest.mark.parametrize("first", ["reserve", "release"])
def test_whichever_of_reserve_and_release_comes_first_wins(first: str) -> None:
    variant = make_variant(stock_of=5)
    cart, ident = make_cart((variant, 1)), uuid.uuid4()
    holds_the_id, may_end = threading.Event(), threading.Event()
    calls: dict[str, Callable[[], Any]] = {
        "reserve": reserving(cart, ident),
        "release": partial(stock.release, reservation_id=ident),
    }
    second = "release" if first == "reserve" else "reserve"
    results: dict[str, str] = {}

    def run_first() -> None:
        with transaction.atomic():
            calls[first]()
            holds_the_id.set()
            may_end.wait(timeout=3)
        results[first] = "done"
        connection.close()

    def run_second() -> None:
        try:
            calls[second]()
            results[second] = "done"
        except DomainError as refusal:
            results[second] = refusal.code
        finally:
            connection.close()

    one, other = threading.Thread(target=run_first), threading.Thread(target=run_second)
    one.start()
    assert holds_the_id.wait(timeout=5)
    other.start()
    other.join(timeout=0.3)
    assert other.is_alive()  # it waits for the first
    may_end.set()
    one.join()
    other.join()
    assert results == {"reserve": "done" if first == "reserve" else "reservation_released", "release": "done"}
    assert Reservation.objects.get(pk=ident).state == "released"
    cart.refresh_from_db()
    assert (cart.state, level_of(variant)) == ("open", (5, 0))


def test_one_of_many_reservations_of_a_cart_is_made() -> None:
    variant, buyer = make_variant(stock_of=50), uuid.uuid4()
    cart = make_cart((variant, 2), account=buyer)
    results = at_once(*[reserving(cart, uuid.uuid4(), buyer) for _number in range(8)])
    assert Counter(results) == {"done": 1, "cart_in_checkout": 7}
    assert level_of(variant) == (50, 2)


def test_the_same_reservation_sent_many_times_is_made_once() -> None:
    variant, buyer, ident = make_variant(stock_of=50), uuid.uuid4(), uuid.uuid4()
    cart = make_cart((variant, 2), account=buyer)
    assert at_once(*[reserving(cart, ident, buyer) for _number in range(8)]) == ["done"] * 8
    assert level_of(variant) == (50, 2)
    results = at_once(
        *[partial(stock.commit, reservation_id=ident)] * 4, *[partial(stock.release, reservation_id=ident)] * 4
    )
    state = Reservation.objects.get(pk=ident).state
    expected = {
        "committed": {"done": 4, "reservation_committed": 4},
        "released": {"done": 4, "reservation_released": 4},
    }
    assert Counter(results) == expected[state]
    assert level_of(variant) == ((48, 0) if state == "committed" else (50, 0))
    assert_stock_adds_up()


def test_what_is_reserved_at_once_is_not_taken_away() -> None:
    variant = make_variant(stock_of=10)
    made = [make_cart((variant, 1)) for _number in range(10)]

    def take() -> Any:
        return stock.record_movement(variant_id=variant.pk, delta=-1, reason="loss", actor=uuid.uuid4())

    results = at_once(*[reserving(cart, uuid.uuid4()) for cart in made], *[take] * 10)
    counted = Counter(results)
    assert counted["done"] == 10
    on_hand, reserved = level_of(variant)
    assert on_hand == reserved == Reservation.objects.filter(state="live").count()
    assert_stock_adds_up()


def test_two_carts_at_once_are_one() -> None:
    buyer = uuid.uuid4()
    assert at_once(*[partial(carts.open_cart, account=buyer)] * 8) == ["done"] * 8
    assert Cart.objects.filter(account=buyer).count() == 1


def test_an_edit_at_once_with_a_checkout_is_in_it_or_refused() -> None:
    buyer = uuid.uuid4()
    variant = make_variant(stock_of=50)
    for _round in range(5):
        cart = make_cart((variant, 1))
        ident = uuid.uuid4()
        results = at_once(
            reserving(cart, ident, buyer),
            partial(carts.put_line, cart_id=cart.pk, account=buyer, variant_id=variant.pk, quantity=2),
        )
        assert results in (["done", "cart_in_checkout"], ["cart_changed", "done"])
    assert_stock_adds_up()


def test_releasing_and_opening_at_once_leaves_one_current_cart() -> None:
    variant, buyer = make_variant(stock_of=50), uuid.uuid4()
    for _round in range(5):
        cart = make_cart((variant, 1), account=buyer)
        ident = uuid.uuid4()
        stock.reserve(reservation_id=ident, cart_id=cart.pk, cart_version=cart.version, buyer=buyer)
        results = at_once(
            partial(stock.release, reservation_id=ident),
            *[partial(carts.open_cart, account=buyer)] * 3,
        )
        assert results == ["done"] * 4
        assert Cart.objects.get(account=buyer, is_current=True).pk == cart.pk
        carts.remove_line(cart_id=cart.pk, account=buyer, variant_id=variant.pk)


def test_the_lowest_price_survives_changes_at_once() -> None:
    product = make_product()
    variants = [make_variant(product=product, price=5000) for _number in range(8)]
    at_once(
        *[
            partial(catalogue.update_variant, variant_id=one.pk, price_amount=1000 + number)
            for number, one in enumerate(variants)
        ]
    )
    product.refresh_from_db()
    assert product.price_from == 1000
    at_once(*[partial(catalogue.archive_variant, variant_id=one.pk) for one in variants])
    product.refresh_from_db()
    assert product.price_from is None
