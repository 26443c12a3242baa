from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="BookEntry")


@_attrs_define
class BookEntry:
    """What the provider's own book says of one payment.

    Attributes:
        reference (str): The provider's name of it.
        payment (UUID):
        taken (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        refunded (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        authorised (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        created_at (datetime.datetime):
    """

    reference: str
    payment: UUID
    taken: Money
    refunded: Money
    authorised: Money
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        reference = self.reference

        payment = str(self.payment)

        taken = self.taken.to_dict()

        refunded = self.refunded.to_dict()

        authorised = self.authorised.to_dict()

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "reference": reference,
                "payment": payment,
                "taken": taken,
                "refunded": refunded,
                "authorised": authorised,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        reference = d.pop("reference")

        payment = UUID(d.pop("payment"))

        taken = Money.from_dict(d.pop("taken"))

        refunded = Money.from_dict(d.pop("refunded"))

        authorised = Money.from_dict(d.pop("authorised"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        book_entry = cls(
            reference=reference,
            payment=payment,
            taken=taken,
            refunded=refunded,
            authorised=authorised,
            created_at=created_at,
        )

        book_entry.additional_properties = d
        return book_entry

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
