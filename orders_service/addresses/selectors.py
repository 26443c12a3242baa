"""Reads of address books."""

import uuid
from typing import TypedDict

from django.db.models import QuerySet

from addresses.errors import AddressNotFoundError
from addresses.models import Address
from chassis.statements import row


class AddressSnapshot(TypedDict):
    """An address as it was when an order was placed; kept inside the order."""

    full_name: str
    company: str
    line1: str
    line2: str
    postal_code: str
    city: str
    region: str
    country: str
    phone: str


def addresses_of(account_id: uuid.UUID) -> QuerySet[Address]:
    return Address.objects.filter(account_id=account_id)


def address_snapshot(*, account_id: uuid.UUID, address_id: uuid.UUID) -> AddressSnapshot:
    """Return the account's address as an order keeps it. Raises `AddressNotFoundError`."""
    address = row(Address, account_id=account_id, pk=address_id)
    if address is None:
        raise AddressNotFoundError()
    return snapshot_of(address)


def snapshot_of(address: Address) -> AddressSnapshot:
    return AddressSnapshot(
        full_name=address.full_name,
        company=address.company,
        line1=address.line1,
        line2=address.line2,
        postal_code=address.postal_code,
        city=address.city,
        region=address.region,
        country=address.country,
        phone=address.phone,
    )
