from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.moved import Moved


T = TypeVar("T", bound="AuditedStock")


@_attrs_define
class AuditedStock:
    """A variant's stock, as it is and as the ledger and the reservations say it should be, at one moment.

    Attributes:
        variant (UUID):
        on_hand (int):
        reserved (int):
        held (int): Pieces in lines of live reservations.
        moved (Moved): Sums of a variant's movements by reason, in pieces; negative where they took away.
    """

    variant: UUID
    on_hand: int
    reserved: int
    held: int
    moved: Moved
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        variant = str(self.variant)

        on_hand = self.on_hand

        reserved = self.reserved

        held = self.held

        moved = self.moved.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "variant": variant,
                "on_hand": on_hand,
                "reserved": reserved,
                "held": held,
                "moved": moved,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.moved import Moved  # noqa: PLC0415

        d = dict(src_dict)
        variant = UUID(d.pop("variant"))

        on_hand = d.pop("on_hand")

        reserved = d.pop("reserved")

        held = d.pop("held")

        moved = Moved.from_dict(d.pop("moved"))

        audited_stock = cls(
            variant=variant,
            on_hand=on_hand,
            reserved=reserved,
            held=held,
            moved=moved,
        )

        audited_stock.additional_properties = d
        return audited_stock

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
