"""Asks Zenodo and Dataverse which files a record has, how large they are and which MD5 they publish for them."""

from __future__ import annotations

from typing import Any

from ser.corpora.fetch import ask_json
from ser.corpora.sources import DataverseSet, Part, Source, ZenodoRecord
from ser.errors import DownloadError


def parts_of(source: Source) -> tuple[Part, ...]:
    """What is to be fetched.

    Raises:
        DownloadError: the server can't be reached, or says something else than expected.
    """
    if source.listing is None:
        return source.parts
    listing = source.listing
    try:
        return _of_zenodo(listing) if isinstance(listing, ZenodoRecord) else _of_dataverse(listing)
    except (KeyError, TypeError, ValueError) as error:
        raise DownloadError(
            f"{listing.server} lists its files in a form that is not known ({type(error).__name__}: {error}). "
            "Fetch the corpus by hand from the page that 'ser corpora list' names."
        ) from error


def _of_zenodo(record: ZenodoRecord) -> tuple[Part, ...]:
    answer = ask_json(f"{record.server}/api/records/{record.number}")
    # Before and after its move to other software, Zenodo calls the name "key" or "filename".
    known = {str(one.get("key") or one["filename"]): one for one in answer["files"]}
    if missing := [name for name in record.files if name not in known]:
        raise DownloadError(
            f"Record {record.number} of {record.server} has no file {', '.join(missing)} (it has "
            f"{', '.join(sorted(known)) or 'none'}). Fetch the corpus by hand from the page 'ser corpora list' names."
        )
    return tuple(_zenodo_part(record, name, known[name]) for name in record.files)


def _zenodo_part(record: ZenodoRecord, name: str, stated: dict[str, Any]) -> Part:
    checksum = str(stated["checksum"])
    return Part(
        name,
        f"{record.server}/records/{record.number}/files/{name}?download=1",
        checksum=checksum if ":" in checksum else f"md5:{checksum}",
        size_bytes=int(stated.get("size") or stated.get("filesize") or 0),
    )


def _of_dataverse(dataset: DataverseSet) -> tuple[Part, ...]:
    answer = ask_json(f"{dataset.server}/api/datasets/:persistentId/?persistentId={dataset.doi}")
    return tuple(_dataverse_part(dataset, one) for one in answer["data"]["latestVersion"]["files"])


def _dataverse_part(dataset: DataverseSet, stated: dict[str, Any]) -> Part:
    file = stated["dataFile"]
    return Part(
        str(file["filename"]),
        f"{dataset.server}/api/access/datafile/{int(file['id'])}",
        str(stated.get("directoryLabel") or ""),
        f"md5:{file['md5']}",
        int(file.get("filesize") or 0),
    )
