"""Everything that Penchant raises on purpose, as one tree.

    PenchantError
    ├── UsageError            an option, argument or file of the caller's own is wrong
    ├── MissingExtraError     an optional library is needed; holds the command that installs it
    ├── SourceError           a whole source (folder, archive, table) can't be read
    ├── PictureError          one picture can't be used; the rest of the run goes on
    │   └── FetchError        it can't be had from its address
    ├── ModelError            a model file or its facts can't be used
    ├── SemanticsError        a lexicon, ontology or taxonomy file can't be used
    ├── ServiceError          an online service can't be reached, or doesn't answer as it should
    │   ├── RefusedError      it refuses the key, or the day's requests are used up
    │   ├── RequestLimitError the caller's own limit of requests is used up
    │   └── AbsentError       what was asked for isn't there, or isn't public
    └── StorageError          a run folder can't be read or written

Every message is one sentence that says what was tried and, where there is one, the way out.
"""

from __future__ import annotations


class PenchantError(Exception):
    """The root: catch this to catch all that Penchant raises on purpose."""


class UsageError(PenchantError):
    """An option, an argument or a file given by the caller is wrong."""


class MissingExtraError(PenchantError):
    """An optional library is needed that isn't installed.

    Attributes:
        extra: the name of Penchant's extra that brings it.
        command: the command that installs it.
    """

    def __init__(self, what: str, *, extra: str) -> None:
        self.extra = extra
        self.command = f"pip install 'penchant[{extra}]'"
        super().__init__(f"{what} needs an optional library: {self.command}")


class SourceError(PenchantError):
    """A whole source (folder, archive, table) can't be read."""


class PictureError(PenchantError):
    """One picture can't be used; it costs only itself."""


class FetchError(PictureError):
    """A picture can't be had from its address.

    Attributes:
        lasting: whether asking again would bring the same answer (404, no picture, refused), and not just a service or
            connection that was down.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        self.lasting = lasting
        super().__init__(reason)


class ModelError(PenchantError):
    """A model file, or the facts given about it, can't be used."""


class SemanticsError(PenchantError):
    """A lexicon, ontology or taxonomy file can't be used."""


class ServiceError(PenchantError):
    """An online service can't be reached, or doesn't answer as it should; the same call may succeed later."""


class RefusedError(ServiceError):
    """A service refuses the key, or its requests of the day are used up."""


class RequestLimitError(ServiceError):
    """The caller's own limit of requests is used up; no further one was made."""


class AbsentError(ServiceError):
    """A service says that what was asked for isn't there, or isn't public; asking again will not help."""


class StorageError(PenchantError):
    """A run folder can't be read or written."""
