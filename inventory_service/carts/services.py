"""Writes to carts: by their buyers while a cart is open, and by the checkout that holds one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from carts.errors import CartChangedError, CartClosedError, CartFullError, CartInCheckoutError, CartNotFoundError
from carts.models import MAX_LINES, Cart, CartLine
from carts.selectors import offer_for
from carts.states import TRANSITIONS, CartState
from catalogue.errors import VariantNotFoundError
from chassis.locks import lock_for_transaction
from chassis.statements import insert, row, update
from chassis.states import move


@dataclass(frozen=True, kw_only=True)
class BoughtLine:
    """What a cart held when it was checked out: all that its checkout remembers of a variant."""

    variant: uuid.UUID
    product: uuid.UUID
    seller: uuid.UUID
    title: str
    sku: str
    quantity: int
    price_amount: int


@transaction.atomic
def open_cart(*, account: uuid.UUID | None) -> tuple[Cart, bool]:
    """Return the account's current cart, or a new one, and whether it is new. Without an account it is anonymous."""
    cart = Cart(account=account, is_current=account is not None, currency=settings.CURRENCY)
    if account is not None:
        _lock_account(account)
        current = row(Cart, account=account, is_current=True)
        if current is not None:
            return current, False
    insert(cart)
    return cart, True


@transaction.atomic
def put_line(*, cart_id: uuid.UUID, account: uuid.UUID | None, variant_id: uuid.UUID, quantity: int) -> Cart:
    """Set how many of a variant the cart holds, at the price of now; stock is looked at when checking out.

    Raises `CartNotFoundError`, `CartInCheckoutError`, `CartClosedError`, `CartFullError`, `VariantNotFoundError`.
    """
    cart = _lock_open_cart(cart_id, account)
    offer = offer_for(cart, variant_id=variant_id)
    if offer is None:
        raise VariantNotFoundError()
    held = {"quantity": quantity, "price_when_added": offer.price_amount}
    if offer.quantity is None:
        if offer.lines >= MAX_LINES:
            raise CartFullError()
        insert(CartLine(cart=cart, variant_id=variant_id, **held))
    elif (offer.quantity, offer.price_when_added) == (quantity, offer.price_amount):
        return cart
    else:
        update(CartLine, where={"cart": cart.pk, "variant": variant_id}, changes=held)
    _count_edit(cart)
    return cart


@transaction.atomic
def remove_line(*, cart_id: uuid.UUID, account: uuid.UUID | None, variant_id: uuid.UUID) -> None:
    """Take a variant out of the cart; nothing happens if it is not in it.

    Raises `CartNotFoundError`, `CartInCheckoutError`, `CartClosedError`.
    """
    cart = _lock_open_cart(cart_id, account)
    removed, _per_model = CartLine.objects.filter(cart=cart, variant=variant_id).delete()
    if removed:
        _count_edit(cart)


@transaction.atomic(savepoint=False)
def begin_checkout(*, cart_id: uuid.UUID, version: int, buyer: uuid.UUID) -> Cart:
    """Hold a cart, as its buyer saw it, for a checkout. An anonymous cart becomes the buyer's.

    Raises `CartNotFoundError`, `CartInCheckoutError`, `CartClosedError`, `CartChangedError`.
    """
    cart = _lock_open_cart(cart_id, buyer)
    if cart.version != version:
        raise CartChangedError(data={"cart_version": cart.version})
    move(cart, to=CartState.IN_CHECKOUT, table=TRANSITIONS, account=buyer, is_current=False)
    return cart


@transaction.atomic(savepoint=False)
def end_checkout(*, cart_id: uuid.UUID) -> None:
    """Close a cart whose checkout was completed."""
    move(Cart(pk=cart_id), to=CartState.CLOSED, table=TRANSITIONS)


@transaction.atomic(savepoint=False)
def call_off_checkout(*, cart_id: uuid.UUID, buyer: uuid.UUID) -> None:
    """Open a cart again. It is its buyer's current one again, unless they have begun to fill another meanwhile."""
    _lock_account(buyer)
    held = Q(pk=cart_id) | Q(account=buyer, is_current=True)
    carts = {cart.pk: cart for cart in Cart.objects.select_for_update(no_key=True).filter(held).order_by("pk")}
    cart = carts.pop(cart_id)
    other = next(iter(carts.values()), None)
    becomes_current = other is None or not other.lines.exists()
    if other is not None and becomes_current:
        Cart.objects.filter(pk=other.pk).update(is_current=False)
    move(cart, to=CartState.OPEN, table=TRANSITIONS, is_current=becomes_current)


@transaction.atomic(savepoint=False)
def hold_again(*, cart_id: uuid.UUID, version: int, buyer: uuid.UUID, lines: Sequence[BoughtLine]) -> Cart:
    """Hold a cart for a checkout that remembers it, after this database forgot what became of it, or the cart itself.

    It holds what was checked out, whatever is in it now. Raises `CartNotFoundError` for one that belongs to somebody
    else, `CartInCheckoutError` and `CartClosedError` when another checkout has it.
    """
    Cart.objects.bulk_create(
        [Cart(id=cart_id, account=buyer, version=version, currency=settings.CURRENCY)], ignore_conflicts=True
    )
    cart = _lock_open_cart(cart_id, buyer)
    cart.lines.all().delete()
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant_id=line.variant, quantity=line.quantity, price_when_added=line.price_amount)
        for line in lines
    )
    move(
        cart,
        to=CartState.IN_CHECKOUT,
        table=TRANSITIONS,
        account=buyer,
        is_current=False,
        version=max(version, cart.version),
    )
    return cart


def _lock_open_cart(cart_id: uuid.UUID, account: uuid.UUID | None) -> Cart:
    cart = row(Cart, lock=True, pk=cart_id)
    if cart is None or cart.account not in {None, account}:
        raise CartNotFoundError()
    if cart.state == CartState.IN_CHECKOUT:
        raise CartInCheckoutError()
    if cart.state == CartState.CLOSED:
        raise CartClosedError()
    return cart


def _lock_account(account: uuid.UUID) -> None:
    """Serialise what decides which of an account's carts is the current one."""
    lock_for_transaction("carts of account", account)


def _count_edit(cart: Cart) -> None:
    update(Cart, where={"pk": cart.pk}, changes={"version": F("version") + 1})
    cart.version += 1
