"""Unpacks an archive of a corpus into a folder, and nowhere else."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from ser.corpora.fetch import not_written
from ser.errors import DownloadError

# Notes that operating systems leave in archives.
_IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
SPARE_BYTES = 50_000_000


def unpack(archive: Path, folder: Path, strip: int = 0) -> int:
    """Unpacks a ZIP archive; files that are there are written anew.

    Args:
        strip: how many folders at the beginning of each name are left out.

    Returns:
        How many files there were.

    Raises:
        DownloadError: it is damaged, locked, names a place outside ``folder``, or does not fit on the disk.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [one for one in opened.infolist() if not one.is_dir()]
            wanted = [(one, place) for one in entries if (place := _place(one, strip, archive))]
            require_space(folder, sum(one.file_size for one, _ in wanted))
            for entry, place in wanted:
                target = folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(entry) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise DownloadError(f"'{archive.name}' is a damaged ZIP archive ({error}). Run the command again.") from error
    except OSError as error:
        raise not_written(folder, error) from error
    return len(wanted)


def require_space(folder: Path, needed_bytes: int) -> None:
    """Refuses to begin what will not fit.

    Raises:
        DownloadError: the disk has less free.
    """
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes + SPARE_BYTES:
        raise DownloadError(
            f"The disk that holds '{folder}' has {free / 1e6:.0f} MB free; "
            f"{(needed_bytes + SPARE_BYTES) / 1e6:.0f} MB are needed. Free some space or name another folder."
        )


def _place(entry: zipfile.ZipInfo, strip: int, archive: Path) -> PurePosixPath | None:
    """Where an entry goes; None for what is left out."""
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or stat.S_ISLNK(entry.external_attr >> 16):
        raise DownloadError(
            f"'{archive.name}' names '{name}', a place outside the folder that it is unpacked into, or a link. "
            "Nothing was unpacked: the archive is not to be trusted."
        )
    if entry.flag_bits & 1:
        raise DownloadError(f"'{archive.name}' is locked by a password. Ask the corpus's authors for it.")
    kept = PurePosixPath(*path.parts[strip:])
    return None if path.parts[0] in _IGNORED or path.name in _IGNORED or not kept.parts else kept
