from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money_request import MoneyRequest


T = TypeVar("T", bound="RememberedPaymentRequest")


@_attrs_define
class RememberedPaymentRequest:
    """A captured payment as its checkout remembers it.

    Attributes:
        order (UUID):
        buyer (UUID): Account id.
        amount (MoneyRequest): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        payment_method (str): The provider's token for it; never a card number.
        created_at (datetime.datetime):
        captured_at (datetime.datetime):
    """

    order: UUID
    buyer: UUID
    amount: MoneyRequest
    payment_method: str
    created_at: datetime.datetime
    captured_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        order = str(self.order)

        buyer = str(self.buyer)

        amount = self.amount.to_dict()

        payment_method = self.payment_method

        created_at = self.created_at.isoformat()

        captured_at = self.captured_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "order": order,
                "buyer": buyer,
                "amount": amount,
                "payment_method": payment_method,
                "created_at": created_at,
                "captured_at": captured_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money_request import MoneyRequest  # noqa: PLC0415

        d = dict(src_dict)
        order = UUID(d.pop("order"))

        buyer = UUID(d.pop("buyer"))

        amount = MoneyRequest.from_dict(d.pop("amount"))

        payment_method = d.pop("payment_method")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        captured_at = datetime.datetime.fromisoformat(d.pop("captured_at"))

        remembered_payment_request = cls(
            order=order,
            buyer=buyer,
            amount=amount,
            payment_method=payment_method,
            created_at=created_at,
            captured_at=captured_at,
        )

        remembered_payment_request.additional_properties = d
        return remembered_payment_request

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
