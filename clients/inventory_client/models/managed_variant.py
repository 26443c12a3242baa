from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.managed_variant_options import ManagedVariantOptions


T = TypeVar("T", bound="ManagedVariant")


@_attrs_define
class ManagedVariant:
    """A variant as its seller manages it. The price is two flat fields, which an HTML form can show.

    Attributes:
        id (UUID):
        product (UUID):
        sku (str):
        title (str):
        options (ManagedVariantOptions):
        price_amount (int): Including VAT, in minor units of the marketplace's currency: 1999 is 19.99.
        currency (str):
        position (int): Order within the product; last if not given.
        on_hand (int):
        reserved (int): Held for checkouts; part of what is on hand.
        archived_at (datetime.datetime | None):
        created_at (datetime.datetime):
    """

    id: UUID
    product: UUID
    sku: str
    title: str
    options: ManagedVariantOptions
    price_amount: int
    currency: str
    position: int
    on_hand: int
    reserved: int
    archived_at: datetime.datetime | None
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        product = str(self.product)

        sku = self.sku

        title = self.title

        options = self.options.to_dict()

        price_amount = self.price_amount

        currency = self.currency

        position = self.position

        on_hand = self.on_hand

        reserved = self.reserved

        archived_at: None | str
        if isinstance(self.archived_at, datetime.datetime):
            archived_at = self.archived_at.isoformat()
        else:
            archived_at = self.archived_at

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "product": product,
                "sku": sku,
                "title": title,
                "options": options,
                "price_amount": price_amount,
                "currency": currency,
                "position": position,
                "on_hand": on_hand,
                "reserved": reserved,
                "archived_at": archived_at,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.managed_variant_options import ManagedVariantOptions  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        product = UUID(d.pop("product"))

        sku = d.pop("sku")

        title = d.pop("title")

        options = ManagedVariantOptions.from_dict(d.pop("options"))

        price_amount = d.pop("price_amount")

        currency = d.pop("currency")

        position = d.pop("position")

        on_hand = d.pop("on_hand")

        reserved = d.pop("reserved")

        def _parse_archived_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            archived_at_type_0 = datetime.datetime.fromisoformat(data)

            return archived_at_type_0

        archived_at = _parse_archived_at(d.pop("archived_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        managed_variant = cls(
            id=id,
            product=product,
            sku=sku,
            title=title,
            options=options,
            price_amount=price_amount,
            currency=currency,
            position=position,
            on_hand=on_hand,
            reserved=reserved,
            archived_at=archived_at,
            created_at=created_at,
        )

        managed_variant.additional_properties = d
        return managed_variant

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
