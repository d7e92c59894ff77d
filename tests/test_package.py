"""The package's public names, and what stands in its metadata."""

from __future__ import annotations

import inspect
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import penchant
from penchant import errors
from penchant.cli.extras import EXTRAS


def test_the_public_names() -> None:
    """Whoever changes this list changes the public contract: say so in the changelog."""
    assert sorted(penchant.__all__) == [
        "Aggregation", "Domain", "Evidence", "Failure", "Interest", "LabelClass", "LabelSet", "MissingExtraError",
        "ModelError", "PenchantError", "Photo", "PictureError", "Predictions", "Profile", "SemanticsError", "Sense",
        "SourceError", "StorageError", "UsageError", "__version__", "classify", "profile",
    ]  # fmt: skip


def test_every_public_name_is_there_and_documented() -> None:
    for name in penchant.__all__:
        value = getattr(penchant, name)
        assert name in dir(penchant)
        if name != "__version__":
            assert inspect.getdoc(value), name


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'profiel'"):
        penchant.profiel  # noqa: B018


def test_the_version_is_the_one_installed() -> None:
    assert metadata.version("penchant") == penchant.__version__


def test_the_package_is_typed() -> None:
    assert (Path(penchant.__file__).parent / "py.typed").is_file()


def test_every_error_has_one_root_and_stands_in_the_drawing() -> None:
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, Exception):
            assert issubclass(kind, errors.PenchantError)
            assert name in (errors.__doc__ or "")


def test_what_an_extra_brings_is_looked_for() -> None:
    """The extras that `penchant doctor` knows are those of the metadata."""
    modules = {"pillow_heif": "pillow_heif", "scikit_image": "skimage", "scikit_learn": "sklearn"}
    brought: dict[str, set[str]] = {}
    for needed in map(Requirement, metadata.requires("penchant") or []):
        for extra in EXTRAS:
            if needed.marker is not None and needed.name != "penchant" and needed.marker.evaluate({"extra": extra}):
                name = needed.name.lower().replace("-", "_")
                brought.setdefault(extra, set()).add(modules.get(name, name))
    assert brought == {name: set(extra.modules) for name, extra in EXTRAS.items()}


def test_a_missing_extra_names_its_command() -> None:
    error = penchant.MissingExtraError("HEIC", extra="heic")
    assert (error.extra, error.command) == ("heic", "pip install 'penchant[heic]'")
    assert error.command in str(error)
