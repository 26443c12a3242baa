from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Correspondent")


@_attrs_define
class Correspondent:
    """To whom an order's mails go, and in which language.

    Attributes:
        id (UUID):
        buyer (UUID):
        email (str):
        language (str):
    """

    id: UUID
    buyer: UUID
    email: str
    language: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        buyer = str(self.buyer)

        email = self.email

        language = self.language

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "buyer": buyer,
                "email": email,
                "language": language,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        buyer = UUID(d.pop("buyer"))

        email = d.pop("email")

        language = d.pop("language")

        correspondent = cls(
            id=id,
            buyer=buyer,
            email=email,
            language=language,
        )

        correspondent.additional_properties = d
        return correspondent

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
