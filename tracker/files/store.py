"""Where the bytes live: a folder or an S3 bucket, keyed by the SHA-256 of the content. Knows no names and no people.

Which file belongs to what is a row, in models.py.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from tracker.core.errors import NotFound
from tracker.core.text import N_

if TYPE_CHECKING:
    from minio import Minio

_KEY = re.compile(r"[0-9a-f]{64}\Z")


class Store(Protocol):
    """What every store can do. A key is 64 hexadecimal digits and nothing else: no path ever comes from a person."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; their SHA-256. Whole or not at all, and on the disk when it returns."""

    def get(self, key: str) -> bytes:
        """The bytes; NotFound if they are not there."""

    def exists(self, key: str) -> bool:
        """Whether the bytes are there."""

    def delete(self, key: str) -> None:
        """Forget the bytes, if they are there."""

    def every(self) -> Iterator[tuple[str, datetime]]:
        """Every key with the moment it was last put."""


class FolderStore:
    """Files in a folder, spread over 256 subfolders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """See Store."""
        key = hashlib.sha256(data).hexdigest()
        path = self._path(key)
        if path.is_file() and path.stat().st_size == len(data):
            os.utime(path)
            return key
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that the rename stays within one file system.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in (path.parent, self.root):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
        return key

    def get(self, key: str) -> bytes:
        """See Store."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise _gone() from None

    def exists(self, key: str) -> bool:
        """See Store."""
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """See Store."""
        self._path(key).unlink(missing_ok=True)

    def every(self) -> Iterator[tuple[str, datetime]]:
        """See Store."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")):
            if _KEY.match(path.name):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, key: str) -> Path:
        _check(key)
        return self.root / key[:2] / key


class BucketStore:
    """Objects in an S3 bucket."""

    def __init__(self, client: Minio, bucket: str, prefix: str) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix

    def put(self, data: bytes) -> str:
        """See Store."""
        key = hashlib.sha256(data).hexdigest()
        # Also when it is there: the object's date says that it is wanted again.
        self.client.put_object(self.bucket, self._name(key), io.BytesIO(data), len(data))
        return key

    def get(self, key: str) -> bytes:
        """See Store."""
        from minio.error import S3Error

        try:
            answer = self.client.get_object(self.bucket, self._name(key))
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchObject"}:
                raise _gone() from None
            raise
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def exists(self, key: str) -> bool:
        """See Store."""
        from minio.error import S3Error

        try:
            self.client.stat_object(self.bucket, self._name(key))
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchObject"}:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        """See Store."""
        self.client.remove_object(self.bucket, self._name(key))

    def every(self) -> Iterator[tuple[str, datetime]]:
        """See Store."""
        for found in self.client.list_objects(self.bucket, prefix=self.prefix, recursive=True):
            name = str(found.object_name).rsplit("/", 1)[-1]
            if _KEY.match(name) and found.last_modified is not None:
                yield name, found.last_modified

    def _name(self, key: str) -> str:
        _check(key)
        return f"{self.prefix}{key[:2]}/{key}"


def open_store(url: str) -> Store:
    """The store at `file:///folder` or `s3://KEY:SECRET@host[:port]/bucket[/prefix][?secure=0&region=…]`."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme != "s3":
        raise ValueError(f"TRACKER_STORE_URL: file:// hoặc s3://, đang là {parts.scheme}://")
    from minio import Minio

    options = parse_qs(parts.query)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    client = Minio(
        parts.netloc.rsplit("@", 1)[-1],
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        secure=options.get("secure", ["1"])[0] not in {"0", "false", "no"},
        region=options.get("region", [None])[0],
    )
    return BucketStore(client, bucket, f"{prefix}/" if prefix else "")


_store: Store | None = None


def use_store(url: str) -> None:
    """Say once, when the application is made, where the bytes live."""
    global _store
    _store = open_store(url)


def store() -> Store:
    """The installation's store."""
    if _store is None:
        raise RuntimeError("use_store was not called")
    return _store


def _check(key: str) -> None:
    if not _KEY.match(key):
        raise _gone()


def _gone() -> NotFound:
    return NotFound("no_file", N_("Không có tệp này."))
