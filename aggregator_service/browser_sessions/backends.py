"""The browsable API of the aggregator acts for whoever logged in, so it needs their token: the session keeps it.

Other services only need to know who somebody is; this one hands their token on.
"""

import json
from typing import Any

from django.http import HttpRequest

from chassis.encryption import encrypt
from chassis.identity.backends import AccountBackend
from chassis.identity.models import User

SESSION_KEY = "tokens"


class TokenKeepingBackend(AccountBackend):
    """Logs in as everywhere, and keeps the tokens, encrypted, in the session."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None and request is not None and self.tokens is not None:
            request.session[SESSION_KEY] = encrypt(json.dumps(self.tokens))
        return user
