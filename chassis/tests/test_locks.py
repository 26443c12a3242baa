"""Locks on names: between transactions, one purpose apart from another, never without a transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from chassis.locks import lock_for_transaction, try_lock_for_transaction


def free_elsewhere(*names: object) -> bool:
    """Whether another connection could take the lock now."""

    def attempt() -> bool:
        try:
            with transaction.atomic():
                return try_lock_for_transaction(*names)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        return other.submit(attempt).result()


@pytest.mark.django_db(transaction=True)
def test_names_are_held_to_the_end_of_the_transaction() -> None:
    with transaction.atomic():
        lock_for_transaction("parcel", 7)
        assert not free_elsewhere("parcel", 7)
        assert free_elsewhere("parcel", 8)
        assert free_elsewhere("letter", 7)
        assert try_lock_for_transaction("parcel", 7)
    assert free_elsewhere("parcel", 7)


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_nothing_is_locked() -> None:
    for take in (lock_for_transaction, try_lock_for_transaction):
        with pytest.raises(TransactionManagementError):
            take("parcel", 7)
