"""Media files beside the databases: a snapshot with every backup, in which unchanged files cost nothing.

A restore only brings back what is missing. Files are written once under names of their own, so that none that is there
can be older than its snapshot.
"""

import shutil
import subprocess
from pathlib import Path

from backups.barman import Barman
from local.errors import LocalError


def snapshot(barman: Barman, server: str, media: Path, ident: str) -> int:
    """Copies the media files to a snapshot named like the backup; returns how many files it has."""
    folder = barman.directory(server) / "media"
    if not media.is_dir() or not any(media.iterdir()):
        return 0
    folder.mkdir(mode=0o700, exist_ok=True)
    half_made = folder / "new"
    shutil.rmtree(half_made, ignore_errors=True)
    if barman.encryption is not None:
        half_made.mkdir()
        _encrypt(media, half_made / "media.tar.gpg", barman.encryption.key)
    else:
        before = [path for path in snapshots(barman, server) if not (path / "media.tar.gpg").exists()]
        unchanged = [f"--link-dest={before[-1]}"] if before else []
        _run("rsync", "--archive", *unchanged, f"{media}/", f"{half_made}/")
    shutil.rmtree(folder / ident, ignore_errors=True)
    half_made.rename(folder / ident)
    return sum(1 for path in media.rglob("*") if path.is_file())


def snapshots(barman: Barman, server: str) -> list[Path]:
    """The oldest first."""
    return sorted(path for path in (barman.directory(server) / "media").glob("*") if path.name != "new")


def bring_back(barman: Barman, server: str, media: Path) -> int:
    """Brings back files that are missing, from all snapshots: what one name stands for is the same in each.

    Returns how many were. Raises LocalError when a snapshot cannot be read, after all others were.
    """
    before, failures = _count(media), []
    for snapshot_of in reversed(snapshots(barman, server)):
        media.mkdir(parents=True, exist_ok=True)
        archive = snapshot_of / "media.tar.gpg"
        try:
            if archive.exists():
                _decrypt(archive, media, barman)
            else:
                _run("rsync", "--archive", "--omit-dir-times", "--ignore-existing", f"{snapshot_of}/", f"{media}/")
        except LocalError as error:
            failures.append(str(error))
    if failures:
        raise LocalError("; ".join(failures))
    return _count(media) - before


def forget(barman: Barman, server: str, kept: set[str]) -> None:
    """Removes the snapshots of backups that are no more; the newest stays in any case."""
    for path in snapshots(barman, server)[:-1]:
        if path.name not in kept:
            shutil.rmtree(path)


def _count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def _encrypt(media: Path, archive: Path, key: str) -> None:
    tar = subprocess.Popen(["tar", "--create", "--directory", media, "."], stdout=subprocess.PIPE)
    gpg = subprocess.Popen(
        ["gpg", "--batch", "--trust-model=always", "--encrypt", "--recipient", key, "--output", str(archive)],
        stdin=tar.stdout,
        stderr=subprocess.PIPE,
    )
    _leave_to_the_next(tar)
    _out, said = gpg.communicate()
    if tar.wait() != 0 or gpg.returncode != 0:
        raise LocalError(f"The media files could not be encrypted: {said.decode(errors='replace').strip()[:500]}")


def _decrypt(archive: Path, media: Path, barman: Barman) -> None:
    file = None if barman.encryption is None else barman.encryption.passphrase
    passphrase = [] if file is None else [f"--passphrase-file={file}"]
    gpg = subprocess.Popen(
        ["gpg", "--batch", "--pinentry-mode=loopback", *passphrase, "--decrypt", str(archive)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    tar = subprocess.Popen(
        ["tar", "--extract", "--skip-old-files", "--directory", str(media)], stdin=gpg.stdout, stderr=subprocess.PIPE
    )
    _leave_to_the_next(gpg)
    _out, said = tar.communicate()
    if gpg.wait() != 0 or tar.returncode != 0:
        raise LocalError(
            f"{archive} could not be decrypted: is the key there, and its passphrase right? "
            f"{said.decode(errors='replace').strip()[:500]}"
        )


def _leave_to_the_next(writer: "subprocess.Popen[bytes]") -> None:
    """Closes our end of its pipe: as long as that is open, the writer would wait for ever for a reader that is gone."""
    assert writer.stdout is not None  # noqa: S101 - it was given a pipe
    writer.stdout.close()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalError(f"{command[0]} failed: {done.stderr.strip()[:500]}")
