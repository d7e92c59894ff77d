"""Names for users in a table, from which nobody can tell who they are without the salt, which is kept apart."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.places import config_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SALT_BYTES = 32


def salt_file() -> Path:
    """The file with the salt, among the user's settings: never beside the tables."""
    return config_folder() / "pseudonyms.salt"


def pseudonymiser(file: Path | None = None) -> Callable[[str], str]:
    """What gives each identifier its pseudonym: the same for as long as the salt is the same.

    Args:
        file: holds the salt, and is made if it isn't there; by default `salt_file()`.

    Raises:
        StorageError: it can't be read or written.
    """
    salt = _salt(file or salt_file())

    def pseudonym(user_id: str) -> str:
        return "u" + hmac.new(salt, user_id.encode(), hashlib.sha256).hexdigest()[:16]

    return pseudonym


def _salt(file: Path) -> bytes:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            salt = file.read_bytes().strip()
        else:
            salt = secrets.token_hex(_SALT_BYTES).encode()
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(salt)
                opened.flush()
                os.fsync(opened.fileno())
    except OSError as error:
        raise StorageError(f"the salt of pseudonyms {file} can't be used: {error.strerror or error}") from error
    if len(salt) < _SALT_BYTES:
        raise StorageError(f"the salt of pseudonyms {file} is too short: remove it, and other pseudonyms will be made")
    return salt
