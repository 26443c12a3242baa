import uuid

import pytest
from rest_framework.test import APIClient

from chassis.testing import ClientFactory


@pytest.fixture
def service(client_for: ClientFactory) -> APIClient:
    """The platform, with the scope to charge."""
    return client_for(account=uuid.uuid4(), roles=["service"], scopes=["payments.charge"])
