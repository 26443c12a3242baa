"""The policy: how often what kind of backup is taken, and for how long it is kept."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.errors import LocalError

FILE = Path(__file__).parent / "policy.toml"


@dataclass(frozen=True)
class Policy:
    full_every_days: float
    recovery_window_days: int
    least_full_backups: int
    alert_after_hours: float
    alert_log_seconds: float
    alert_unverified_days: float
    alert_uncopied_minutes: float
    command_timeout_hours: float
    schedule: dict[str, str]
    """Expressions as in a crontab, by the command's name."""

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        """Raises LocalError when the file is no policy."""
        try:
            found = tomllib.loads(path.read_text())
            return cls(**{name: found[name] for name in cls.__dataclass_fields__})
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise LocalError(f"{path} is no policy for backups: {error!r}.") from error
