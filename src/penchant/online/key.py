"""A user's key to a service: where it comes from, and a box that never shows it."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from penchant.errors import UsageError
from penchant.places import config_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LONGEST = 200


class Key:
    """A key that shows in no repr, no message and no pickle."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The key itself: for the request, and for nothing else."""
        return self.__value

    def hidden_in(self, text: str) -> str:
        """The text without the key, however it is written there."""
        for written in {self.__value, quote(self.__value, safe=""), quote_plus(self.__value)}:
            text = text.replace(written, "…")
        return text

    def removed_from(self, answer: bytes) -> bytes:
        """An answer that quotes the request, without the key. What is too short to be a real key is left alone."""
        return answer if len(self.__value) < 16 else answer.replace(self.__value.encode(), b"...")

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled: it would be stored")


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=3)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the key to one service is looked for.

    Attributes:
        service: its name ("BabelNet").
        variable: the environment variable that may hold the key.
        file_name: the file among the user's settings that may hold the key, and nothing else.
        how: what a user who has none is told ("free at https://…").
    """

    service: str
    variable: str
    file_name: str
    how: str

    @property
    def file(self) -> Path:
        """The file that may hold the key, and nothing else."""
        return config_folder() / self.file_name

    def find(self, given: str | None = None, *, file: Path | None = None, warn: Callable[[str], None] = _warn) -> Key:
        """The key: the one given, or the environment's, or the file's, in this order.

        Args:
            given: the key itself.
            file: the file to look in; by default `self.file`.
            warn: told, in one sentence, when others may read the file.

        Raises:
            UsageError: there is none, it can't be read, or it can't be a key.
        """
        if given is not None:
            return self._key(given, "the one given")
        if os.environ.get(self.variable):
            return self._key(os.environ[self.variable], f"the environment's {self.variable}")
        file = file or self.file
        try:
            with file.open(encoding="utf-8") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                value = opened.read(4096)
        except FileNotFoundError:
            raise UsageError(
                f"{self.service} needs a key, {self.how}: set {self.variable}, or write it to {file}"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            problem = error.strerror if isinstance(error, OSError) else "it is not text"
            raise UsageError(f"the key file {file} can't be read: {problem}") from None
        if os.name != "nt" and mode & 0o077:
            warn(f"others on this machine can read your {self.service} key: chmod 600 {file}")
        return self._key(value, str(file))

    def _key(self, value: str, origin: str) -> Key:
        value = value.strip()
        if not value or not value.isascii() or not value.isprintable() or " " in value or len(value) > _LONGEST:
            raise UsageError(
                f"{self.service}'s key from {origin} can't be one: a key is one word of letters, digits and dashes"
            )
        return Key(value)
