"""Uploads stay in memory: the web framework would write larger ones to a temporary file."""

from __future__ import annotations

from typing import Final

from ser.constants import UPLOAD_MAX_MB

UPLOAD_MAX_BYTES: Final = UPLOAD_MAX_MB * 1024 * 1024
# What a form adds to its file.
FORM_MARGIN_BYTES: Final = 1024 * 1024


def keep_in_memory() -> None:
    """Makes Starlette's form parser, which pages and API share, hold every upload that is allowed in memory.

    It moves what is larger than ``spool_max_size`` (1 MB) to disk, and offers no other way to say so than this
    attribute of the class.
    """
    from starlette.formparsers import MultiPartParser

    MultiPartParser.spool_max_size = UPLOAD_MAX_BYTES + FORM_MARGIN_BYTES
