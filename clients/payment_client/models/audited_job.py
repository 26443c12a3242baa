from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_state import JobState

T = TypeVar("T", bound="AuditedJob")


@_attrs_define
class AuditedJob:
    """A job without its arguments, which may hold what is nobody's business.

    Attributes:
        id (UUID):
        task (str):
        state (JobState): * `waiting` - Waiting
            * `done` - Done
            * `dead` - Dead
        attempts (int):
        run_at (datetime.datetime): When it is due; while a worker has it, when that one's lease ends.
        leased (bool): Whether a worker has it.
        created_at (datetime.datetime):
        finished_at (datetime.datetime | None):
        last_error (str):
    """

    id: UUID
    task: str
    state: JobState
    attempts: int
    run_at: datetime.datetime
    leased: bool
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    last_error: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        task = self.task

        state = self.state.value

        attempts = self.attempts

        run_at = self.run_at.isoformat()

        leased = self.leased

        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        last_error = self.last_error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "task": task,
                "state": state,
                "attempts": attempts,
                "run_at": run_at,
                "leased": leased,
                "created_at": created_at,
                "finished_at": finished_at,
                "last_error": last_error,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        task = d.pop("task")

        state = JobState(d.pop("state"))

        attempts = d.pop("attempts")

        run_at = datetime.datetime.fromisoformat(d.pop("run_at"))

        leased = d.pop("leased")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            if not isinstance(data, str):
                raise TypeError(f"unexpected {type(data).__name__}")
            finished_at_type_0 = datetime.datetime.fromisoformat(data)

            return finished_at_type_0

        finished_at = _parse_finished_at(d.pop("finished_at"))

        last_error = d.pop("last_error")

        audited_job = cls(
            id=id,
            task=task,
            state=state,
            attempts=attempts,
            run_at=run_at,
            leased=leased,
            created_at=created_at,
            finished_at=finished_at,
            last_error=last_error,
        )

        audited_job.additional_properties = d
        return audited_job

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
