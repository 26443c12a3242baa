"""A copy of everything at another place: a bucket that speaks S3, named by BACKUP_S3 as bucket/prefix.

`rclone` copies what is new and deletes what was forgotten here. AWS's own variables say where the bucket is
(AWS_ENDPOINT_URL, AWS_REGION) and who may write to it (AWS_ACCESS_KEY_ID and so on, or AWS_SHARED_CREDENTIALS_FILE).

What deletes must know that it looks at the same backups: the file `origin`, here and in the bucket, names them. A
machine that has lost its backups has none, and first fetches those that the bucket holds.
"""

import json
import os
import shutil
import subprocess
import uuid
from contextlib import suppress

from backups.barman import Barman, Say
from backups.files import write_whole
from backups.taking import end_segment, receive
from local.errors import LocalError

NOT_COPIED = (
    *("/locks/**", "/log/**", "/verifying/**", "/copying/**", "*.log", "/barman.conf*", "/passwords*", ".gnupg/**"),
    *("/metrics.*", "/*/completed*", "stamps.json*", "hold", "/*/media/new/**"),
)
"""What is of this machine alone, and what is written anew all the time; passwords and keys do not leave it."""
STREAMING = "/*/streaming/**"
ORIGIN = "origin"
REMOTE = ":s3:"
NOT_FOUND = 3
"""rclone's exit code for a bucket or a folder in it that is not there."""


def copy(barman: Barman, *, say: Say) -> int:
    """Makes the bucket hold what is here; raises LocalError when it does not at the end."""
    bucket = _bucket()
    _require_the_same_origin(barman, bucket)
    late = []
    for server in barman.servers:
        try:
            if barman.encryption is None:
                receive(barman, server)
            else:  # what is received is encrypted once its segment has ended
                end_segment(barman, server)
        except LocalError as error:
            late.append(str(error))  # what there is leaves the machine all the same
    in_clear = () if barman.encryption is None else ("/*/ended/**",)
    excluded = (*NOT_COPIED, STREAMING, *in_clear)
    _rclone("sync", str(barman.home), bucket, *(f"--exclude={pattern}" for pattern in excluded))
    if barman.encryption is None:
        _copy_streaming(barman, bucket)
    if late:
        raise LocalError(f"{_shown(bucket)} lacks the newest of the log. " + "; ".join(late))
    say(f"everything is in {_shown(bucket)}, too")
    return 0


def _copy_streaming(barman: Barman, bucket: str) -> None:
    """Copies what is being received. rclone refuses files that are written to; a copy of one ends somewhere."""
    copying = barman.home / "copying"
    shutil.rmtree(copying, ignore_errors=True)
    for server in barman.servers:
        folder = copying / server / "streaming"
        folder.mkdir(mode=0o700, parents=True)
        for path in (barman.directory(server) / "streaming").glob("*"):
            with suppress(FileNotFoundError):  # just renamed, as it is full: the next copy has it
                shutil.copyfile(path, folder / path.name)
    _rclone("sync", str(copying), bucket, f"--include={STREAMING}")
    shutil.rmtree(copying)


def fetch(barman: Barman, *, say: Say) -> int:
    """Brings back what is missing here, on a new machine for one; overwrites and deletes nothing.

    Raises LocalError when what is here was taken of other databases.
    """
    bucket = _bucket()
    held, origin = _names(bucket), barman.home / ORIGIN
    if origin.exists() and ORIGIN in held and _read(bucket, ORIGIN) != origin.read_text():
        raise LocalError(f"{_shown(bucket)} holds other backups than {barman.home}: fetch into an empty folder.")
    for server in barman.servers:
        _require_the_same_database(barman, bucket, server)
    _rclone("copy", bucket, str(barman.home), "--ignore-existing", f"--exclude=/{ORIGIN}")
    for server in barman.servers:  # the list of segments that was here knows none of the bucket's
        if any((barman.directory(server) / "wals").glob("[0-9A-F]*")):
            barman.run("rebuild-xlogdb", server, say=lambda _line: None)
    # The last: from here on a copy deletes in the bucket what is not here.
    if ORIGIN in held:
        _rclone("copyto", f"{bucket}/{ORIGIN}", str(origin))
    elif held:
        _write_origin(barman, bucket)
    say(f"what {_shown(bucket)} holds is in {barman.home}")
    return 0


def _bucket() -> str:
    bucket = os.environ.get("BACKUP_S3")
    if not bucket:
        raise LocalError("BACKUP_S3 names no bucket.")
    return f"{REMOTE}{bucket}"


def _shown(bucket: str) -> str:
    return bucket.removeprefix(REMOTE)


def _require_the_same_origin(barman: Barman, bucket: str) -> None:
    """Raises LocalError when the bucket holds what is not from here: a copy would delete it."""
    held, origin = _names(bucket), barman.home / ORIGIN
    if not held:
        _write_origin(barman, bucket)
    elif not origin.exists() or ORIGIN not in held or _read(bucket, ORIGIN) != origin.read_text():
        raise LocalError(
            f"{_shown(bucket)} holds backups that are not from {barman.home}, which a copy would delete. "
            "Bring them back first (`python -m backups fetch`), or name another bucket or prefix in BACKUP_S3."
        )


def _write_origin(barman: Barman, bucket: str) -> None:
    origin = barman.home / ORIGIN
    if not origin.exists():
        write_whole(origin, f"{uuid.uuid4()}\n")
    _rclone("copyto", str(origin), f"{bucket}/{ORIGIN}")


def _require_the_same_database(barman: Barman, bucket: str, server: str) -> None:
    """Segments of two databases have the same names; Barman's `identity.json` says of which one they are."""
    here = barman.directory(server) / "identity.json"
    if here.exists() and here.name in _names(f"{bucket}/{server}"):
        there = _read(bucket, f"{server}/{here.name}")
        if json.loads(there)["systemid"] != json.loads(here.read_text())["systemid"]:
            raise LocalError(
                f"{here.parent} holds backups of another database than {_shown(bucket)}/{server}, one that was begun "
                f"anew: move {barman.home} away, and fetch again."
            )


def _names(folder: str) -> set[str]:
    """What the folder in the bucket holds; nothing where it is not there."""
    return {line.removesuffix("/") for line in _rclone("lsf", folder, tolerated=NOT_FOUND).splitlines()}


def _read(bucket: str, name: str) -> str:
    return _rclone("cat", f"{bucket}/{name}")


def _rclone(*arguments: str, tolerated: int = 0) -> str:
    """Returns what it prints; raises LocalError unless it ends with 0 or the exit code that is tolerated."""
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
    if done.returncode not in {0, tolerated}:
        raise LocalError(f"rclone {arguments[0]} failed:\n{done.stderr.strip()[-1000:]}")
    return done.stdout
