from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Address")


@_attrs_define
class Address:
    """An entry of an address book; optional parts are empty strings.

    Attributes:
        id (UUID):
        full_name (str):
        company (str):  Default: ''.
        line1 (str):
        line2 (str):  Default: ''.
        postal_code (str):
        city (str):
        region (str):  Default: ''.
        country (str): ISO 3166-1 alpha-2 code.
        phone (str):  Default: ''.
    """

    id: UUID
    full_name: str
    line1: str
    postal_code: str
    city: str
    country: str
    company: str = ""
    line2: str = ""
    region: str = ""
    phone: str = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

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
                "id": id,
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
        id = UUID(d.pop("id"))

        full_name = d.pop("full_name")

        company = d.pop("company")

        line1 = d.pop("line1")

        line2 = d.pop("line2")

        postal_code = d.pop("postal_code")

        city = d.pop("city")

        region = d.pop("region")

        country = d.pop("country")

        phone = d.pop("phone")

        address = cls(
            id=id,
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

        address.additional_properties = d
        return address

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
