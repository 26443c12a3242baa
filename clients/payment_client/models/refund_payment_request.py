from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money_request import MoneyRequest


T = TypeVar("T", bound="RefundPaymentRequest")


@_attrs_define
class RefundPaymentRequest:
    """What is given back, and why.

    Attributes:
        payment (UUID):
        amount (MoneyRequest): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        reason (str):
    """

    payment: UUID
    amount: MoneyRequest
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        payment = str(self.payment)

        amount = self.amount.to_dict()

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "payment": payment,
                "amount": amount,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money_request import MoneyRequest  # noqa: PLC0415

        d = dict(src_dict)
        payment = UUID(d.pop("payment"))

        amount = MoneyRequest.from_dict(d.pop("amount"))

        reason = d.pop("reason")

        refund_payment_request = cls(
            payment=payment,
            amount=amount,
            reason=reason,
        )

        refund_payment_request.additional_properties = d
        return refund_payment_request

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
