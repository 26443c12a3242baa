from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cart_line_status import CartLineStatus

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="CartLine")


@_attrs_define
class CartLine:
    """
    Attributes:
        variant (UUID):
        product (UUID):
        slug (str): Of the product.
        title (str): Of the product.
        variant_title (str):
        sku (str):
        seller (UUID):
        image (None | str):
        quantity (int):
        unit_price (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        price_when_added (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        line_total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        available (int): Pieces that this cart could get now.
        status (CartLineStatus): * `ok` - Ok
            * `price_changed` - Price Changed
            * `insufficient_stock` - Insufficient Stock
            * `unavailable` - Unavailable
    """

    variant: UUID
    product: UUID
    slug: str
    title: str
    variant_title: str
    sku: str
    seller: UUID
    image: None | str
    quantity: int
    unit_price: Money
    price_when_added: Money
    line_total: Money
    available: int
    status: CartLineStatus
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        variant = str(self.variant)

        product = str(self.product)

        slug = self.slug

        title = self.title

        variant_title = self.variant_title

        sku = self.sku

        seller = str(self.seller)

        image: None | str
        image = self.image

        quantity = self.quantity

        unit_price = self.unit_price.to_dict()

        price_when_added = self.price_when_added.to_dict()

        line_total = self.line_total.to_dict()

        available = self.available

        status = self.status.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "variant": variant,
                "product": product,
                "slug": slug,
                "title": title,
                "variant_title": variant_title,
                "sku": sku,
                "seller": seller,
                "image": image,
                "quantity": quantity,
                "unit_price": unit_price,
                "price_when_added": price_when_added,
                "line_total": line_total,
                "available": available,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        variant = UUID(d.pop("variant"))

        product = UUID(d.pop("product"))

        slug = d.pop("slug")

        title = d.pop("title")

        variant_title = d.pop("variant_title")

        sku = d.pop("sku")

        seller = UUID(d.pop("seller"))

        def _parse_image(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        image = _parse_image(d.pop("image"))

        quantity = d.pop("quantity")

        unit_price = Money.from_dict(d.pop("unit_price"))

        price_when_added = Money.from_dict(d.pop("price_when_added"))

        line_total = Money.from_dict(d.pop("line_total"))

        available = d.pop("available")

        status = CartLineStatus(d.pop("status"))

        cart_line = cls(
            variant=variant,
            product=product,
            slug=slug,
            title=title,
            variant_title=variant_title,
            sku=sku,
            seller=seller,
            image=image,
            quantity=quantity,
            unit_price=unit_price,
            price_when_added=price_when_added,
            line_total=line_total,
            available=available,
            status=status,
        )

        cart_line.additional_properties = d
        return cart_line

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
