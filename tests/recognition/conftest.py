"""What the tests of recognition share."""

from __future__ import annotations

import pytest

from penchant.recognition import DecodeLimits, Decoder


@pytest.fixture
def decoder() -> Decoder:
    """A decoder with the usual limits; made for each test, as pytest forgets the filters of warnings in between."""
    return Decoder(DecodeLimits())
