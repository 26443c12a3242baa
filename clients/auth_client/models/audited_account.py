from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AuditedAccount")


@_attrs_define
class AuditedAccount:
    """That there is an account, and whether its address is verified; nothing of who it is.

    Attributes:
        id (UUID):
        email_verified (bool):
        awaits_password (bool): Whether it came back after a restore, and its owner has been mailed a link to choose a
            password.
        is_active (bool):
        created_at (datetime.datetime):
    """

    id: UUID
    email_verified: bool
    awaits_password: bool
    is_active: bool
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        email_verified = self.email_verified

        awaits_password = self.awaits_password

        is_active = self.is_active

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "email_verified": email_verified,
                "awaits_password": awaits_password,
                "is_active": is_active,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        email_verified = d.pop("email_verified")

        awaits_password = d.pop("awaits_password")

        is_active = d.pop("is_active")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        audited_account = cls(
            id=id,
            email_verified=email_verified,
            awaits_password=awaits_password,
            is_active=is_active,
            created_at=created_at,
        )

        audited_account.additional_properties = d
        return audited_account

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
