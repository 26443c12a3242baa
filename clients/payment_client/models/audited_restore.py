from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AuditedRestore")


@_attrs_define
class AuditedRestore:
    """A restore of this service's database.

    Attributes:
        id (UUID):
        restored_at (datetime.datetime): When the restored database was ready to be used.
        recovery_point (datetime.datetime): It holds what was committed until then.
        backup (str): What it was restored from.
        released_at (datetime.datetime | None): Since when the service writes again; until then it refuses to.
        released_by (str): The account that released it.
        note (str): What was found when it was released.
    """

    id: UUID
    restored_at: datetime.datetime
    recovery_point: datetime.datetime
    backup: str
    released_at: datetime.datetime | None
    released_by: str
    note: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        restored_at = self.restored_at.isoformat()

        recovery_point = self.recovery_point.isoformat()

        backup = self.backup

        released_at: None | str
        if isinstance(self.released_at, datetime.datetime):
            released_at = self.released_at.isoformat()
        else:
            released_at = self.released_at

        released_by = self.released_by

        note = self.note

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "restored_at": restored_at,
                "recovery_point": recovery_point,
                "backup": backup,
                "released_at": released_at,
                "released_by": released_by,
                "note": note,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        restored_at = datetime.datetime.fromisoformat(d.pop("restored_at"))

        recovery_point = datetime.datetime.fromisoformat(d.pop("recovery_point"))

        backup = d.pop("backup")

        def _parse_released_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            released_at_type_0 = datetime.datetime.fromisoformat(data)

            return released_at_type_0

        released_at = _parse_released_at(d.pop("released_at"))

        released_by = d.pop("released_by")

        note = d.pop("note")

        audited_restore = cls(
            id=id,
            restored_at=restored_at,
            recovery_point=recovery_point,
            backup=backup,
            released_at=released_at,
            released_by=released_by,
            note=note,
        )

        audited_restore.additional_properties = d
        return audited_restore

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
