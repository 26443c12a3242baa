"""A copy of everything at another place: a bucket that speaks S3, named by BACKUP_S3 as bucket/prefix.

`rclone` copies what is new and deletes what was forgotten here. AWS's own variables say where the bucket is
(AWS_ENDPOINT_URL, AWS_REGION) and who may write to it (AWS_ACCESS_KEY_ID and so on, or AWS_SHARED_CREDENTIALS_FILE).
"""

import os
import subprocess

from backups.barman import Barman, Say
from backups.taking import end_segment, receive
from local.errors import LocalError

NOT_COPIED = ("locks/**", "log/**", "verifying/**", "*.log", "barman.conf", "passwords", ".gnupg/**", "*/media/new/**")
"""What is of this machine alone; passwords and keys do not leave it."""


def copy(barman: Barman, *, say: Say) -> int:
    """Makes the bucket hold what is here; raises LocalError when it does not at the end."""
    bucket = os.environ.get("BACKUP_S3")
    if not bucket:
        raise LocalError("BACKUP_S3 names no bucket.")
    for server in barman.servers:
        if barman.encryption is None:
            receive(barman, server)
        else:  # what is received is encrypted once its segment has ended
            end_segment(barman, server)
    in_clear = () if barman.encryption is None else ("*/streaming/**", "*/ended/**")
    _rclone(
        "sync", str(barman.home), f":s3:{bucket}", *(f"--exclude={pattern}" for pattern in (*NOT_COPIED, *in_clear))
    )
    say(f"everything is in {bucket}, too")
    return 0


def fetch(barman: Barman, *, say: Say) -> int:
    """Brings back what is missing here, on a new machine for one; deletes nothing."""
    bucket = os.environ.get("BACKUP_S3")
    if not bucket:
        raise LocalError("BACKUP_S3 names no bucket.")
    _rclone("copy", f":s3:{bucket}", str(barman.home))
    say(f"what {bucket} holds is in {barman.home}")
    return 0


def _rclone(*arguments: str) -> None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    options = [
        "--config=/dev/null",
        "--s3-env-auth",
        f"--s3-provider={'Other' if endpoint else 'AWS'}",
        *([f"--s3-endpoint={endpoint}"] if endpoint else []),
        *([f"--s3-region={os.environ['AWS_REGION']}"] if os.environ.get("AWS_REGION") else []),
        "--stats-one-line",
    ]
    environment = dict(os.environ)
    if bundle := environment.pop("AWS_CA_BUNDLE", None):  # at which rclone's own copy of AWS's library stumbles
        options.append(f"--ca-cert={bundle}")
    done = subprocess.run(
        ["rclone", *arguments, *options], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode != 0:
        raise LocalError(f"rclone {arguments[0]} failed:\n{done.stderr.strip()[-1000:]}")
