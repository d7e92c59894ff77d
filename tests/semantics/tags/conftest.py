"""One reader for all tests of tags: it never changes."""

from __future__ import annotations

import pytest

from penchant.semantics.tags import TagCleaner, TagReader


@pytest.fixture(scope="session")
def reader() -> TagReader:
    return TagReader.load()


@pytest.fixture(scope="session")
def cleaner(reader: TagReader) -> TagCleaner:
    return reader.cleaner
