"""Files that are whole however their writer ends."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Puts the text in the file's place at once: whoever reads finds the old one or the new one."""
    half_written = path.with_name(f"{path.name}.new")
    half_written.write_text(text)
    half_written.replace(path)
