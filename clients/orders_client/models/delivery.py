from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_status import DeliveryStatus

T = TypeVar("T", bound="Delivery")


@_attrs_define
class Delivery:
    """A parcel; only carrier and tracking number are the seller's to say.

    Attributes:
        id (UUID):
        carrier (str):
        tracking_number (str):
        tracking_url (None | str): The carrier's page about the parcel; null for unknown carriers.
        status (DeliveryStatus): * `info_received` - Info Received
            * `in_transit` - In Transit
            * `out_for_delivery` - Out For Delivery
            * `attempt_failed` - Attempt Failed
            * `available_for_pickup` - Available For Pickup
            * `delivered` - Delivered
            * `exception` - Exception
            * `expired` - Expired
        shipped_at (datetime.datetime):
    """

    id: UUID
    carrier: str
    tracking_number: str
    tracking_url: None | str
    status: DeliveryStatus
    shipped_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        carrier = self.carrier

        tracking_number = self.tracking_number

        tracking_url: None | str
        tracking_url = self.tracking_url

        status = self.status.value

        shipped_at = self.shipped_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "carrier": carrier,
                "tracking_number": tracking_number,
                "tracking_url": tracking_url,
                "status": status,
                "shipped_at": shipped_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        carrier = d.pop("carrier")

        tracking_number = d.pop("tracking_number")

        def _parse_tracking_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tracking_url = _parse_tracking_url(d.pop("tracking_url"))

        status = DeliveryStatus(d.pop("status"))

        shipped_at = datetime.datetime.fromisoformat(d.pop("shipped_at"))

        delivery = cls(
            id=id,
            carrier=carrier,
            tracking_number=tracking_number,
            tracking_url=tracking_url,
            status=status,
            shipped_at=shipped_at,
        )

        delivery.additional_properties = d
        return delivery

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
