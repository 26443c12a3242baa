from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.movement_reason import MovementReason

T = TypeVar("T", bound="Movement")


@_attrs_define
class Movement:
    """
    Attributes:
        id (UUID):
        variant (UUID):
        delta (int):
        reason (MovementReason): * `receipt` - Receipt
            * `correction` - Correction
            * `loss` - Loss
            * `return` - Return
            * `sale` - Sale
        reservation (None | UUID): Of a sale.
        actor (None | UUID): Who recorded it; null for a sale.
        created_at (datetime.datetime):
    """

    id: UUID
    variant: UUID
    delta: int
    reason: MovementReason
    reservation: None | UUID
    actor: None | UUID
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        variant = str(self.variant)

        delta = self.delta

        reason = self.reason.value

        reservation: None | str
        if isinstance(self.reservation, UUID):
            reservation = str(self.reservation)
        else:
            reservation = self.reservation

        actor: None | str
        if isinstance(self.actor, UUID):
            actor = str(self.actor)
        else:
            actor = self.actor

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "variant": variant,
                "delta": delta,
                "reason": reason,
                "reservation": reservation,
                "actor": actor,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        variant = UUID(d.pop("variant"))

        delta = d.pop("delta")

        reason = MovementReason(d.pop("reason"))

        def _parse_reservation(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            reservation_type_0 = UUID(data)

            return reservation_type_0

        reservation = _parse_reservation(d.pop("reservation"))

        def _parse_actor(data: object) -> None | UUID:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            actor_type_0 = UUID(data)

            return actor_type_0

        actor = _parse_actor(d.pop("actor"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        movement = cls(
            id=id,
            variant=variant,
            delta=delta,
            reason=reason,
            reservation=reservation,
            actor=actor,
            created_at=created_at,
        )

        movement.additional_properties = d
        return movement

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
