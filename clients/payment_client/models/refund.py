from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.refund_state import RefundState

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Refund")


@_attrs_define
class Refund:
    """A refund; one that is pending will be settled without being asked again.

    Attributes:
        id (UUID):
        payment (UUID):
        amount (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        state (RefundState): * `pending` - Pending
            * `succeeded` - Succeeded
            * `failed` - Failed
        reason (str):
    """

    id: UUID
    payment: UUID
    amount: Money
    state: RefundState
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        payment = str(self.payment)

        amount = self.amount.to_dict()

        state = self.state.value

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "payment": payment,
                "amount": amount,
                "state": state,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        payment = UUID(d.pop("payment"))

        amount = Money.from_dict(d.pop("amount"))

        state = RefundState(d.pop("state"))

        reason = d.pop("reason")

        refund = cls(
            id=id,
            payment=payment,
            amount=amount,
            state=state,
            reason=reason,
        )

        refund.additional_properties = d
        return refund

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
