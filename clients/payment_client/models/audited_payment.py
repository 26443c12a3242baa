from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.payment_state import PaymentState

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="AuditedPayment")


@_attrs_define
class AuditedPayment:
    """A payment. One that was called off before it arrived has no order, buyer and amount.

    Attributes:
        id (UUID):
        order (None | UUID):
        buyer (None | UUID): Account id.
        state (PaymentState): * `processing` - Processing
            * `requires_action` - Requires action
            * `captured` - Captured
            * `declined` - Declined
            * `cancelled` - Cancelled
            * `expired` - Expired
        amount (Money | None):
        refunded (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        refunds_pending (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        created_at (datetime.datetime):
        captured_at (datetime.datetime | None):
    """

    id: UUID
    order: None | UUID
    buyer: None | UUID
    state: PaymentState
    amount: Money | None
    refunded: Money
    refunds_pending: Money
    created_at: datetime.datetime
    captured_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        id = str(self.id)

        order: None | str
        if isinstance(self.order, UUID):
            order = str(self.order)
        else:
            order = self.order

        buyer: None | str
        if isinstance(self.buyer, UUID):
            buyer = str(self.buyer)
        else:
            buyer = self.buyer

        state = self.state.value

        amount: dict[str, Any] | None
        if isinstance(self.amount, Money):
            amount = self.amount.to_dict()
        else:
            amount = self.amount

        refunded = self.refunded.to_dict()

        refunds_pending = self.refunds_pending.to_dict()

        created_at = self.created_at.isoformat()

        captured_at: None | str
        if isinstance(self.captured_at, datetime.datetime):
            captured_at = self.captured_at.isoformat()
        else:
            captured_at = self.captured_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "order": order,
                "buyer": buyer,
                "state": state,
                "amount": amount,
                "refunded": refunded,
                "refunds_pending": refunds_pending,
                "created_at": created_at,
                "captured_at": captured_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        def _parse_order(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            order_type_0 = UUID(data)

            return order_type_0

        order = _parse_order(d.pop("order"))

        def _parse_buyer(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            buyer_type_0 = UUID(data)

            return buyer_type_0

        buyer = _parse_buyer(d.pop("buyer"))

        state = PaymentState(d.pop("state"))

        def _parse_amount(data: object) -> Money | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"unexpected {type(data).__name__}")
            amount_type_0 = Money.from_dict(data)

            return amount_type_0

        amount = _parse_amount(d.pop("amount"))

        refunded = Money.from_dict(d.pop("refunded"))

        refunds_pending = Money.from_dict(d.pop("refunds_pending"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_captured_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            captured_at_type_0 = datetime.datetime.fromisoformat(data)

            return captured_at_type_0

        captured_at = _parse_captured_at(d.pop("captured_at"))

        audited_payment = cls(
            id=id,
            order=order,
            buyer=buyer,
            state=state,
            amount=amount,
            refunded=refunded,
            refunds_pending=refunds_pending,
            created_at=created_at,
            captured_at=captured_at,
        )

        audited_payment.additional_properties = d
        return audited_payment

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
