from collections.abc import Mapping

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from chassis.throttles.throttling import AddressThrottle
from logins.throttling import count_login


class LoginAddressThrottle(AddressThrottle):
    scope = "login_address"


class LoginAccountThrottle(BaseThrottle):
    """Counts tries for one account from everywhere."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        email = request.data.get("email") if isinstance(request.data, Mapping) else None
        if not isinstance(email, str):
            return True
        counted = count_login(email=email)
        self._wait = counted.wait
        return counted.allowed

    def wait(self) -> float:
        return self._wait
