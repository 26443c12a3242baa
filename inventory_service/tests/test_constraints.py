"""What the database itself refuses, whatever Python says."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from carts.models import Cart, CartLine
from catalogue.models import Category, Product, ProductImage, Variant
from stock.models import Reservation, ReservationLine, StockLevel, StockMovement
from tests.factories import level_of, make_cart, make_category, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db


def refuses(name: str, write: Callable[[], Any]) -> None:
    """Assert that the database refuses a write because of what is called `name`."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    cause: Any = refusal.value.__cause__
    assert cause.diag.constraint_name == name


def test_a_product_has_a_known_state_and_a_positive_lowest_price() -> None:
    rows = Product.objects.filter(pk=make_product().pk)
    refuses("product_state_known", lambda: rows.update(state="lost"))
    refuses("product_price_from_positive", lambda: rows.update(price_from=0))


def test_a_slug_names_one_product() -> None:
    make_product(title="Mug")
    rows = Product.objects.filter(pk=make_product(title="Cup").pk)
    refuses("catalogue_product_slug_key", lambda: rows.update(slug="mug"))


@pytest.mark.parametrize("amount", [0, -1, 10_000_001])
def test_a_price_is_in_range(amount: int) -> None:
    rows = Variant.objects.filter(pk=make_variant().pk)
    refuses("variant_price_in_range", lambda: rows.update(price_amount=amount))


def test_options_are_an_object() -> None:
    rows = Variant.objects.filter(pk=make_variant().pk)
    refuses("variant_options_is_object", lambda: rows.update(options=["size"]))


def test_an_sku_is_used_once_per_seller_among_live_variants() -> None:
    seller = uuid.uuid4()
    one, other = make_variant(product=make_product(seller=seller)), make_variant(product=make_product(seller=seller))
    rows = Variant.objects.filter(pk=other.pk)
    refuses("variant_sku_once_per_seller", lambda: rows.update(sku=one.sku))
    Variant.objects.filter(pk=one.pk).update(archived_at=timezone.now())
    assert rows.update(sku=one.sku) == 1


def test_a_variants_seller_is_its_products() -> None:
    rows = Variant.objects.filter(pk=make_variant().pk)
    refuses("variant_seller_is_products", lambda: rows.update(seller=uuid.uuid4()))


def test_a_product_has_one_image_per_position() -> None:
    product = make_product()
    ProductImage.objects.create(product=product, file="a.webp")
    refuses("product_image_one_per_position", lambda: ProductImage.objects.create(product=product, file="b.webp"))


def test_paths_follow_the_tree() -> None:
    home = make_category("home")
    kitchen = make_category("kitchen", parent=home)
    mugs = make_category("mugs", parent=kitchen)
    assert mugs.path == "home/kitchen/mugs/"

    Category.objects.filter(pk=kitchen.pk).update(slug="cooking", parent=None)
    mugs.refresh_from_db()
    assert mugs.path == "cooking/mugs/"

    Category.objects.filter(pk=mugs.pk).update(path="elsewhere/")
    mugs.refresh_from_db()
    assert mugs.path == "cooking/mugs/"


def test_a_category_cannot_lie_below_itself() -> None:
    home = make_category("home")
    mugs = make_category("mugs", parent=make_category("kitchen", parent=home))
    refuses("category_is_no_cycle", lambda: Category.objects.filter(pk=home.pk).update(parent=mugs))
    refuses("category_is_no_cycle", lambda: Category.objects.filter(pk=home.pk).update(parent=home))
    home.refresh_from_db()
    assert home.path == "home/"


def test_a_variant_is_born_with_an_empty_level() -> None:
    assert level_of(make_variant(stock_of=0)) == (0, 0)


def test_on_hand_changes_by_a_movement_only() -> None:
    variant = make_variant(stock_of=5)
    rows = StockLevel.objects.filter(pk=variant.pk)
    refuses("stock_level_by_movement", lambda: rows.update(on_hand=6))
    rows_of_another = StockLevel.objects.filter(pk=make_variant(stock_of=0).pk)
    refuses("stock_level_by_movement", lambda: rows_of_another.update(variant=uuid.uuid4()))

    def insert_a_full_level() -> None:
        with connection.cursor() as cursor:
            values = [str(uuid.uuid4())]
            cursor.execute("INSERT INTO stock_stocklevel (variant_id, on_hand, reserved) VALUES (%s, 7, 0)", values)

    refuses("stock_level_by_movement", insert_a_full_level)
    assert level_of(variant) == (5, 0)


def test_no_more_is_reserved_than_is_on_hand() -> None:
    variant = make_variant(stock_of=5)
    rows = StockLevel.objects.filter(pk=variant.pk)
    refuses("stock_level_reserved_is_on_hand", lambda: rows.update(reserved=6))
    rows.update(reserved=5)
    refuses(
        "stock_level_reserved_is_on_hand",
        lambda: StockMovement.objects.create(level_id=variant.pk, delta=-1, reason="loss"),
    )
    assert level_of(variant) == (5, 5)


def test_on_hand_never_is_negative() -> None:
    variant = make_variant(stock_of=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(level_id=variant.pk, delta=-6, reason="correction")
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.filter(pk=variant.pk).update(reserved=-1)
    assert level_of(variant) == (5, 0)


def test_a_movement_is_final() -> None:
    variant = make_variant(stock_of=5)
    rows = StockMovement.objects.filter(level=variant.pk)
    refuses("stock_movement_is_final", lambda: rows.update(delta=6))
    refuses("stock_movement_is_final", rows.delete)
    assert level_of(variant) == (5, 0)


@pytest.mark.parametrize(
    ("delta", "reason"), [(0, "correction"), (-1, "receipt"), (-1, "return"), (1, "loss"), (0, "receipt")]
)
def test_a_movements_sign_fits_its_reason(delta: int, reason: str) -> None:
    variant = make_variant(stock_of=5)
    refuses(
        "stock_movement_sign_fits_reason",
        lambda: StockMovement.objects.create(level_id=variant.pk, delta=delta, reason=reason),
    )
    assert level_of(variant) == (5, 0)


def test_a_movement_has_a_known_reason() -> None:
    variant = make_variant()
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(level_id=variant.pk, delta=1, reason="magic")


def test_a_sale_is_of_a_reservation_and_happens_once() -> None:
    variant = make_variant(stock_of=5)
    reservation = reserve(make_cart((variant, 1)))
    refuses(
        "stock_movement_sale_is_of_reservation",
        lambda: StockMovement.objects.create(level_id=variant.pk, delta=-1, reason="sale"),
    )
    refuses(
        "stock_movement_sale_is_of_reservation",
        lambda: StockMovement.objects.create(level_id=variant.pk, delta=-1, reason="loss", reservation=reservation),
    )
    sale = {"level_id": variant.pk, "delta": -1, "reason": "sale", "reservation": reservation}
    StockMovement.objects.create(**sale)
    refuses("stock_movement_sold_once", lambda: StockMovement.objects.create(**sale))
    assert level_of(variant) == (4, 1)


def test_a_cart_has_one_live_reservation() -> None:
    cart = make_cart((make_variant(), 1))
    reserve(cart)
    refuses(
        "reservation_one_live_per_cart",
        lambda: Reservation.objects.create(
            id=uuid.uuid4(), cart=cart, cart_version=2, buyer=uuid.uuid4(), currency="EUR"
        ),
    )


def test_a_reservation_without_a_cart_is_a_tombstone() -> None:
    rows = Reservation.objects.filter(pk=reserve(make_cart((make_variant(), 1))).pk)
    refuses("reservation_without_cart_is_tombstone", lambda: rows.update(cart=None))
    refuses("reservation_without_cart_is_tombstone", lambda: rows.update(buyer=None))
    refuses(
        "reservation_without_cart_is_tombstone",
        lambda: Reservation.objects.create(
            id=uuid.uuid4(), currency="EUR", state="committed", finished_at=timezone.now()
        ),
    )


def test_a_reservation_is_finished_unless_it_lives() -> None:
    rows = Reservation.objects.filter(pk=reserve(make_cart((make_variant(), 1))).pk)
    refuses("reservation_finished_unless_live", lambda: rows.update(state="committed"))
    refuses("reservation_finished_unless_live", lambda: rows.update(finished_at=timezone.now()))
    refuses("reservation_state_known", lambda: rows.update(state="lost", finished_at=timezone.now()))


def test_a_reservation_line_is_of_one_variant_in_range() -> None:
    reservation = reserve(make_cart((make_variant(), 1), (make_variant(), 1)))
    line, other = reservation.lines.all()
    rows = ReservationLine.objects.filter(pk=line.pk)
    refuses("reservation_line_quantity_in_range", lambda: rows.update(quantity=0))
    refuses("reservation_line_price_in_range", lambda: rows.update(price_amount=0))
    refuses("reservation_line_once_per_variant", lambda: rows.update(variant=other.variant_id))


@pytest.mark.parametrize("table", ["catalogue_variant", "catalogue_product", "carts_cart", "stock_reservation"])
def test_what_was_reserved_is_never_deleted(table: str) -> None:
    variant = make_variant()
    reservation = reserve(make_cart((variant, 1)))
    ids = {
        "catalogue_variant": variant.pk,
        "catalogue_product": variant.product_id,
        "carts_cart": reservation.cart_id,
        "stock_reservation": reservation.pk,
    }
    delete = f"SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM {table} WHERE id = %s"  # noqa: S608 - names of this test
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(delete, [ids[table]])


def test_a_cart_line_is_of_one_variant_in_range() -> None:
    cart = make_cart((make_variant(), 1), (make_variant(), 1))
    line, other = cart.lines.all()
    rows = CartLine.objects.filter(pk=line.pk)
    refuses("cart_line_quantity_in_range", lambda: rows.update(quantity=0))
    refuses("cart_line_quantity_in_range", lambda: rows.update(quantity=1000))
    refuses("cart_line_price_in_range", lambda: rows.update(price_when_added=0))
    refuses("cart_line_once_per_variant", lambda: rows.update(variant=other.variant_id))


def test_an_account_has_one_current_cart_which_is_open() -> None:
    account = uuid.uuid4()
    rows = Cart.objects.filter(pk=make_cart(account=account).pk)
    refuses("cart_one_current_per_account", lambda: Cart.objects.create(account=account, is_current=True))
    refuses("cart_current_is_open_and_owned", lambda: rows.update(state="in_checkout"))
    refuses("cart_current_is_open_and_owned", lambda: rows.update(account=None))
    refuses("cart_state_known", lambda: rows.update(state="lost", is_current=False))
    refuses("cart_checked_out_is_owned", lambda: rows.update(state="closed", is_current=False, account=None))
