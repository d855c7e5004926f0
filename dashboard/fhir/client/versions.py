"""Versions of resources: `meta.versionId`, and the ETag by which a save names the version that it saves over."""

from collections.abc import Mapping
from typing import Any


def etag(version: str) -> str:
    """`3` or `W/"3"` as the weak ETag that If-Match wants.
    Raises ValueError for no version: an unguarded update is a defect.
    """
    bare = version.removeprefix("W/").strip('"')
    if not bare:
        raise ValueError("an update needs meta.versionId, so that it cannot overwrite what somebody else saved")
    return f'W/"{bare}"'


def version_of(data: Any) -> str:
    """`meta.versionId`, "" where there is none."""
    meta = data.get("meta") if isinstance(data, Mapping) else None
    return str(meta.get("versionId") or "") if isinstance(meta, Mapping) else ""
