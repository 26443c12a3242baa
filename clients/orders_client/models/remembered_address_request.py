from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="RememberedAddressRequest")


@_attrs_define
class RememberedAddressRequest:
    """Where an order goes: the address of that moment.

    Attributes:
        full_name (str):
        line1 (str):
        postal_code (str):
        city (str):
        country (str): ISO 3166-1 alpha-2 code.
        company (str | Unset):  Default: ''.
        line2 (str | Unset):  Default: ''.
        region (str | Unset):  Default: ''.
        phone (str | Unset):  Default: ''.
    """

    full_name: str
    line1: str
    postal_code: str
    city: str
    country: str
    company: str | Unset = ""
    line2: str | Unset = ""
    region: str | Unset = ""
    phone: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        full_name = self.full_name

        line1 = self.line1

        postal_code = self.postal_code

        city = self.city

        country = self.country

        company = self.company

        line2 = self.line2

        region = self.region

        phone = self.phone

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "full_name": full_name,
                "line1": line1,
                "postal_code": postal_code,
                "city": city,
                "country": country,
            }
        )
        if company is not UNSET:
            field_dict["company"] = company
        if line2 is not UNSET:
            field_dict["line2"] = line2
        if region is not UNSET:
            field_dict["region"] = region
        if phone is not UNSET:
            field_dict["phone"] = phone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        full_name = d.pop("full_name")

        line1 = d.pop("line1")

        postal_code = d.pop("postal_code")

        city = d.pop("city")

        country = d.pop("country")

        company = d.pop("company", UNSET)

        line2 = d.pop("line2", UNSET)

        region = d.pop("region", UNSET)

        phone = d.pop("phone", UNSET)

        remembered_address_request = cls(
            full_name=full_name,
            line1=line1,
            postal_code=postal_code,
            city=city,
            country=country,
            company=company,
            line2=line2,
            region=region,
            phone=phone,
        )

        remembered_address_request.additional_properties = d
        return remembered_address_request

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
