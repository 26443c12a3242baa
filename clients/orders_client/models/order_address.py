from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="OrderAddress")


@_attrs_define
class OrderAddress:
    """Where an order goes: a copy of the address of that moment.

    Attributes:
        full_name (str):
        company (str):
        line1 (str):
        line2 (str):
        postal_code (str):
        city (str):
        region (str):
        country (str): ISO 3166-1 alpha-2 code.
        phone (str):
    """

    full_name: str
    company: str
    line1: str
    line2: str
    postal_code: str
    city: str
    region: str
    country: str
    phone: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        full_name = self.full_name

        company = self.company

        line1 = self.line1

        line2 = self.line2

        postal_code = self.postal_code

        city = self.city

        region = self.region

        country = self.country

        phone = self.phone

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "full_name": full_name,
                "company": company,
                "line1": line1,
                "line2": line2,
                "postal_code": postal_code,
                "city": city,
                "region": region,
                "country": country,
                "phone": phone,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        full_name = d.pop("full_name")

        company = d.pop("company")

        line1 = d.pop("line1")

        line2 = d.pop("line2")

        postal_code = d.pop("postal_code")

        city = d.pop("city")

        region = d.pop("region")

        country = d.pop("country")

        phone = d.pop("phone")

        order_address = cls(
            full_name=full_name,
            company=company,
            line1=line1,
            line2=line2,
            postal_code=postal_code,
            city=city,
            region=region,
            country=country,
            phone=phone,
        )

        order_address.additional_properties = d
        return order_address

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
