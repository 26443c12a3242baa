"""Throttles of views by the service's own counters."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from chassis.identity.models import User
from chassis.throttles.counting import count

FORWARD_SCOPE = "auth.forward_address"


def client_address(request: Request) -> str:
    """Return the address the request came from; a forwarded one is believed only from a service allowed to forward."""
    forwarded: str | None = request.META.get("HTTP_X_CLIENT_ADDRESS")
    if forwarded and isinstance(request.user, User) and request.user.has_scope(FORWARD_SCOPE):
        return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


class SharedThrottle(BaseThrottle):
    """Counts what `identify` names in fixed windows. Subclasses set `scope`, a name in `settings.THROTTLES`."""

    scope = ""

    def identify(self, request: Request, view: APIView) -> str | None:
        """Return what is counted, or None to count nothing."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        subject = self.identify(request, view)
        if subject is None:
            return True
        counted = count(scope=self.scope, subject=subject)
        self._wait = counted.wait
        return counted.allowed

    def wait(self) -> float:
        return self._wait


class AddressThrottle(SharedThrottle):
    """Counts by the client's address."""

    def identify(self, request: Request, view: APIView) -> str | None:
        return client_address(request)
