from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cart_state import CartState

if TYPE_CHECKING:
    from ..models.cart_line import CartLine
    from ..models.money import Money


T = TypeVar("T", bound="Cart")


@_attrs_define
class Cart:
    """
    Attributes:
        id (UUID):
        state (CartState): * `open` - Open
            * `in_checkout` - In Checkout
            * `closed` - Closed
        version (int): Counts the edits; a checkout names it.
        currency (str):
        account (None | UUID): Whose cart it is; null for an anonymous one.
        lines (list[CartLine]):
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
    """

    id: UUID
    state: CartState
    version: int
    currency: str
    account: None | UUID
    lines: list[CartLine]
    total: Money
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        state = self.state.value

        version = self.version

        currency = self.currency

        account: None | str
        if isinstance(self.account, UUID):
            account = str(self.account)
        else:
            account = self.account

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        total = self.total.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "version": version,
                "currency": currency,
                "account": account,
                "lines": lines,
                "total": total,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cart_line import CartLine  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        state = CartState(d.pop("state"))

        version = d.pop("version")

        currency = d.pop("currency")

        def _parse_account(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            account_type_0 = UUID(data)

            return account_type_0

        account = _parse_account(d.pop("account"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = CartLine.from_dict(lines_item_data)

            lines.append(lines_item)

        total = Money.from_dict(d.pop("total"))

        cart = cls(
            id=id,
            state=state,
            version=version,
            currency=currency,
            account=account,
            lines=lines,
            total=total,
        )

        cart.additional_properties = d
        return cart

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
