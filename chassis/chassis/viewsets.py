"""Base classes of the services' views."""

from typing import Any, ClassVar, Literal

from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from chassis.idempotency.replay import key_of, replayed


class ServiceViewSet(GenericViewSet[Any]):
    """A viewset whose every POST accepts an `Idempotency-Key`.

    `idempotency` says how a repeated POST is made safe. `"kept"`: the answer is kept in the transaction of its effect,
    which the base class opens. `"natural"`: the operation is repeatable by itself (its id is in the address, or it
    changes nothing that counts); for those that call out, since no call is made inside a transaction.
    """

    idempotency: ClassVar[Literal["kept", "natural"]] = "kept"
    writes_while_awaiting_reconcile: ClassVar[bool] = False
    """Whether it goes on after a restore, before the services are compared: who does that has to sign in."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "POST":
            return
        key_of(request)  # a malformed key is refused also where none is kept
        if self.idempotency == "kept":
            handler = getattr(self, "post", None)
            if handler is not None:
                # DRF looks the handler up on this instance, right after this method.
                self.post = lambda *a, **kw: replayed(handler, *a, **kw)
