from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cart_state import CartState
from ..models.reservation_state import ReservationState

if TYPE_CHECKING:
    from ..models.audited_reservation_metadata_type_0 import (
        AuditedReservationMetadataType0,
    )
    from ..models.money import Money
    from ..models.reservation_line import ReservationLine


T = TypeVar("T", bound="AuditedReservation")


@_attrs_define
class AuditedReservation:
    """A reservation with its cart's state. One that was called off before it arrived has no cart, buyer and lines.

    Attributes:
        id (UUID):
        state (ReservationState): * `live` - Live
            * `released` - Released
            * `committed` - Committed
        cart (None | UUID): Null if called off before it arrived.
        buyer (None | UUID):
        currency (str):
        lines (list[ReservationLine]):
        total (Money): `{"amount": 1999, "currency": "EUR"}`. Input must be in the marketplace's currency.
        cart_state (CartState | None):
        metadata (AuditedReservationMetadataType0 | None): What the caller gave to be kept with it.
        created_at (datetime.datetime):
        finished_at (datetime.datetime | None):
    """

    id: UUID
    state: ReservationState
    cart: None | UUID
    buyer: None | UUID
    currency: str
    lines: list[ReservationLine]
    total: Money
    cart_state: CartState | None
    metadata: AuditedReservationMetadataType0 | None
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.audited_reservation_metadata_type_0 import (
            AuditedReservationMetadataType0,  # noqa: PLC0415
        )

        id = str(self.id)

        state = self.state.value

        cart: None | str
        if isinstance(self.cart, UUID):
            cart = str(self.cart)
        else:
            cart = self.cart

        buyer: None | str
        if isinstance(self.buyer, UUID):
            buyer = str(self.buyer)
        else:
            buyer = self.buyer

        currency = self.currency

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        total = self.total.to_dict()

        cart_state: None | str
        if isinstance(self.cart_state, CartState):
            cart_state = self.cart_state.value
        else:
            cart_state = self.cart_state

        metadata: dict[str, Any] | None
        if isinstance(self.metadata, AuditedReservationMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "cart": cart,
                "buyer": buyer,
                "currency": currency,
                "lines": lines,
                "total": total,
                "cart_state": cart_state,
                "metadata": metadata,
                "created_at": created_at,
                "finished_at": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audited_reservation_metadata_type_0 import (
            AuditedReservationMetadataType0,  # noqa: PLC0415
        )
        from ..models.money import Money  # noqa: PLC0415
        from ..models.reservation_line import ReservationLine  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        state = ReservationState(d.pop("state"))

        def _parse_cart(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            cart_type_0 = UUID(data)

            return cart_type_0

        cart = _parse_cart(d.pop("cart"))

        def _parse_buyer(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            buyer_type_0 = UUID(data)

            return buyer_type_0

        buyer = _parse_buyer(d.pop("buyer"))

        currency = d.pop("currency")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = ReservationLine.from_dict(lines_item_data)

            lines.append(lines_item)

        total = Money.from_dict(d.pop("total"))

        def _parse_cart_state(data: object) -> CartState | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            cart_state_type_0 = CartState(data)

            return cart_state_type_0

        cart_state = _parse_cart_state(d.pop("cart_state"))

        def _parse_metadata(data: object) -> AuditedReservationMetadataType0 | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError(f"unexpected {type(data).__name__}")
            metadata_type_0 = AuditedReservationMetadataType0.from_dict(data)

            return metadata_type_0

        metadata = _parse_metadata(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            finished_at_type_0 = datetime.datetime.fromisoformat(data)

            return finished_at_type_0

        finished_at = _parse_finished_at(d.pop("finished_at"))

        audited_reservation = cls(
            id=id,
            state=state,
            cart=cart,
            buyer=buyer,
            currency=currency,
            lines=lines,
            total=total,
            cart_state=cart_state,
            metadata=metadata,
            created_at=created_at,
            finished_at=finished_at,
        )

        audited_reservation.additional_properties = d
        return audited_reservation

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
