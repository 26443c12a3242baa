from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.sandbox_intent_status import SandboxIntentStatus

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="SandboxIntent")


@_attrs_define
class SandboxIntent:
    """What the embedded provider's book says of one payment.

    Attributes:
        reference (str):
        payment (UUID): The client's id of the payment: its idempotency key.
        status (SandboxIntentStatus): * `requires_confirmation` - Requires Confirmation
            * `requires_action` - Requires Action
            * `requires_payment_method` - Requires Payment Method
            * `succeeded` - Succeeded
            * `canceled` - Canceled
        amount (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        refunded (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        payment_method (str):
        decline_code (None | str):
        created_at (datetime.datetime):
        succeeded_at (datetime.datetime | None):
        canceled_at (datetime.datetime | None):
    """

    reference: str
    payment: UUID
    status: SandboxIntentStatus
    amount: Money
    refunded: Money
    payment_method: str
    decline_code: None | str
    created_at: datetime.datetime
    succeeded_at: datetime.datetime | None
    canceled_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        reference = self.reference

        payment = str(self.payment)

        status = self.status.value

        amount = self.amount.to_dict()

        refunded = self.refunded.to_dict()

        payment_method = self.payment_method

        decline_code: None | str
        decline_code = self.decline_code

        created_at = self.created_at.isoformat()

        succeeded_at: None | str
        if isinstance(self.succeeded_at, datetime.datetime):
            succeeded_at = self.succeeded_at.isoformat()
        else:
            succeeded_at = self.succeeded_at

        canceled_at: None | str
        if isinstance(self.canceled_at, datetime.datetime):
            canceled_at = self.canceled_at.isoformat()
        else:
            canceled_at = self.canceled_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "reference": reference,
                "payment": payment,
                "status": status,
                "amount": amount,
                "refunded": refunded,
                "payment_method": payment_method,
                "decline_code": decline_code,
                "created_at": created_at,
                "succeeded_at": succeeded_at,
                "canceled_at": canceled_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        reference = d.pop("reference")

        payment = UUID(d.pop("payment"))

        status = SandboxIntentStatus(d.pop("status"))

        amount = Money.from_dict(d.pop("amount"))

        refunded = Money.from_dict(d.pop("refunded"))

        payment_method = d.pop("payment_method")

        def _parse_decline_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        decline_code = _parse_decline_code(d.pop("decline_code"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_succeeded_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            succeeded_at_type_0 = datetime.datetime.fromisoformat(data)

            return succeeded_at_type_0

        succeeded_at = _parse_succeeded_at(d.pop("succeeded_at"))

        def _parse_canceled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            canceled_at_type_0 = datetime.datetime.fromisoformat(data)

            return canceled_at_type_0

        canceled_at = _parse_canceled_at(d.pop("canceled_at"))

        sandbox_intent = cls(
            reference=reference,
            payment=payment,
            status=status,
            amount=amount,
            refunded=refunded,
            payment_method=payment_method,
            decline_code=decline_code,
            created_at=created_at,
            succeeded_at=succeeded_at,
            canceled_at=canceled_at,
        )

        sandbox_intent.additional_properties = d
        return sandbox_intent

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
