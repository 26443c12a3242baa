"""Writes of address books."""

import uuid
from collections.abc import Mapping

from django.db import transaction

from addresses.errors import AddressNotFoundError
from addresses.models import Address


@transaction.atomic
def add_address(*, account_id: uuid.UUID, fields: Mapping[str, str]) -> Address:
    return Address.objects.create(account_id=account_id, **fields)


@transaction.atomic
def change_address(*, account_id: uuid.UUID, address_id: uuid.UUID, fields: Mapping[str, str]) -> Address:
    """Change the named fields only, so that two edits of different fields both last.

    Raises `AddressNotFoundError` when the address was removed meanwhile.
    """
    address = Address.objects.select_for_update().filter(pk=address_id, account_id=account_id).first()
    if address is None:
        raise AddressNotFoundError()
    for name, value in fields.items():
        setattr(address, name, value)
    address.save(update_fields=[*fields, "updated_at"])
    return address


@transaction.atomic
def remove_address(*, account_id: uuid.UUID, address_id: uuid.UUID) -> None:
    """Forget an address; the orders sent there keep their snapshots."""
    Address.objects.filter(pk=address_id, account_id=account_id).delete()
