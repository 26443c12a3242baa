import uuid

import pytest
from rest_framework.test import APIClient

from chassis.testing import ClientFactory


@pytest.fixture
def buyer() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def seller() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def buyer_client(client_for: ClientFactory, buyer: uuid.UUID) -> APIClient:
    return client_for(account=buyer, roles=["buyer"])


@pytest.fixture
def seller_client(client_for: ClientFactory, seller: uuid.UUID) -> APIClient:
    return client_for(account=seller, roles=["seller"])


@pytest.fixture
def checkout(client_for: ClientFactory) -> APIClient:
    """The platform's checkout, by its service token."""
    return client_for(roles=["service"], scopes=["orders.checkout"])
