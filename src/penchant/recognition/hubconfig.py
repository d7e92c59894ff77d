"""What a model of the Hugging Face hub says of itself: its labels and its preprocessing, read by pure functions.

    config.json                {"id2label": {"0": "tench, Tinca tinca", "1": "goldfish, Carassius auratus", …}, …}
    preprocessor_config.json   {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3,
                                "rescale_factor": 0.00392156862745098, "image_mean": [0.485, 0.456, 0.406], …}

Many keys have defaults that only the library knows that wrote them, a different one for each kind of network. Where a
key is missing, the commonest value is taken, and a note says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from penchant.errors import ModelError
from penchant.recognition.facts import InputFacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.types import LabelSet

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CONVNEXT_SQUEEZES = 384  # transformers' ConvNextImageProcessor: from this size on it doesn't crop
_AGREEING = 0.99
_PLACEHOLDER = re.compile(r"LABEL_\d+")
_WNID = re.compile(r"(n\d{8})(?:[\s:,_-]+(.+))?")
_NEAREST, _LANCZOS, _BILINEAR, _BICUBIC, _BOX, _HAMMING = range(6)  # as Pillow numbers its filters
_FILTER_NAMES = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


@dataclass(frozen=True, slots=True)
class HubLabel:
    """One class: its names, and the synset where the label itself is one ("n02123045 tabby")."""

    names: tuple[str, ...]
    synset: str | None = None


def parse_document(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ModelError: when it isn't one.
    """
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ModelError(f"{what} is not what the hub's models have there: {error}") from error


def parse_labels(config: dict[str, Any], what: str) -> tuple[tuple[HubLabel, ...], int]:
    """The labels, and how many classes before them stand for nothing (1 if the first is called "background").

    Raises:
        ModelError: when there are none, or it isn't one label that a picture gets.
    """
    if config.get("problem_type") == "multi_label_classification":
        raise ModelError(f"{what}: the model gives a picture several labels at once, which can't be used here")
    raw = config.get("id2label")
    if not isinstance(raw, dict) or not raw:
        raise ModelError(
            f"{what} names no labels (id2label): get the .onnx file and run it by its path, with --fact labels=…"
        )
    texts = [raw.get(str(place)) for place in range(len(raw))]
    good = [text.strip() for text in texts if isinstance(text, str) and text.strip()]
    if len(good) != len(texts):
        raise ModelError(f"{what}: id2label doesn't name every class from 0 to {len(raw) - 1}")
    if all(_PLACEHOLDER.fullmatch(text) for text in good):
        raise ModelError(f"{what} says LABEL_0, LABEL_1 … where the names of the labels should be")
    background = int(len(good) > 1 and good[0].lower() == "background")
    return tuple(_label(text) for text in good[background:]), background


def _label(text: str) -> HubLabel:
    wnid = _WNID.fullmatch(text)
    shown = (wnid[2] or wnid[1]) if wnid else text
    names = tuple(name.replace("_", " ").strip() for name in shown.split(", "))
    return HubLabel(tuple(name for name in names if name) or (shown,), wnid[1] if wnid else None)


def agrees(labels: Sequence[HubLabel], known: LabelSet) -> tuple[bool, tuple[int, ...]]:
    """Whether labels are those of a known set in the same order, and the places that are called otherwise.

    They are if at least 99 of 100 places share a name, or have the same synset: names get reworded, but two orders
    have next to nothing in common.
    """
    if len(labels) != len(known.classes):
        return False, ()
    others = tuple(
        ours.index
        for theirs, ours in zip(labels, known.classes, strict=True)
        if theirs.synset != ours.synset
        and (theirs.synset is not None or not _plain(theirs.names) & _plain((*ours.names, ours.name)))
    )
    return len(others) <= (1 - _AGREEING) * len(labels), others


def _plain(names: Sequence[str]) -> set[str]:
    return {re.sub(r"\W+", " ", name.casefold()).strip() for name in names}


def parse_input(
    processor: dict[str, Any] | None, config: dict[str, Any], what: str
) -> tuple[InputFacts, tuple[str, ...]]:
    """How pixels go into the network, and notes on what was assumed.

    Args:
        processor: preprocessor_config.json, or None if there is none.
        config: config.json; timm's has the preprocessing (`pretrained_cfg`), others at most `image_size`.
        what: for messages.

    Raises:
        ModelError: when it needs what can't be done here.
    """
    notes: list[str] = []
    try:
        facts = _parse_input(_processor(processor, config, notes), config, notes)
    except (TypeError, ValueError, ZeroDivisionError, KeyError, msgspec.ValidationError) as error:
        raise ModelError(f"{what}: its preprocessing can't be understood ({error})") from error
    return facts, tuple(f"{what}: {note}" for note in notes)


def _processor(processor: dict[str, Any] | None, config: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    if processor is not None:
        return processor
    timm = config.get("pretrained_cfg")
    if not isinstance(timm, dict):
        notes.append("no preprocessor_config.json, so the usual preprocessing of ImageNet's networks is assumed")
        return {"crop_pct": 0.875, "resample": _BICUBIC, "image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD}
    size = timm["input_size"]
    if size[-1] != size[-2]:
        raise ValueError(f"pictures of {size[-1]} × {size[-2]}, not square")
    return {
        "size": size[-1],
        "crop_pct": timm.get("crop_pct", 0.875),
        "do_center_crop": True,
        "resample": _FILTER_NAMES.get(str(timm.get("interpolation")), _BICUBIC),
        "image_mean": timm.get("mean", IMAGENET_MEAN),
        "image_std": timm.get("std", IMAGENET_STD),
    }


def _parse_input(processor: dict[str, Any], config: dict[str, Any], notes: list[str]) -> InputFacts:
    side, resize, fit = _geometry(processor, config, notes)
    mean, std = _scale(processor, notes)
    facts = {
        "size": side, "resize": resize, "fit": fit, "mean": mean, "std": std,
        "channels": "BGR" if processor.get("do_flip_channel_order") else "RGB",
        "interpolation": _interpolation(processor, notes),
    }  # fmt: skip
    return msgspec.convert(facts, InputFacts)


def _geometry(
    processor: dict[str, Any], config: dict[str, Any], notes: list[str]
) -> tuple[int, int, Literal["crop", "squeeze"]]:
    whole, squeezed = _edge(processor.get("size"))
    if whole is None:
        whole = _edge(config.get("image_size"))[0]
        if whole is None:
            notes.append("no size, so 224 is assumed")
            whole = 224
    crop = _edge(processor.get("crop_size"))[0]
    percent = processor.get("crop_pct")
    if percent is not None and processor.get("do_resize", True):
        side = crop or whole
        if processor.get("do_center_crop") is None and side >= _CONVNEXT_SQUEEZES:
            return side, side, "squeeze"
        return side, max(side, int(side / percent)), "crop"
    if processor.get("do_center_crop", False):
        side = crop or whole
        if not processor.get("do_resize", True):
            notes.append("it crops without resizing first; the largest square at the centre is taken instead")
            return side, side, "crop"
        if whole < side:
            raise ValueError(f"it crops {side} pixels out of {whole}")
        if squeezed and whole > side:
            notes.append("it squeezes pictures and crops them; here the square at the centre is taken")
        return side, whole, "squeeze" if squeezed and whole == side else "crop"
    return whole, whole, "squeeze" if squeezed else "crop"


def _edge(size: object) -> tuple[int | None, bool]:
    """Pixels a side, and whether the picture gets this size whatever its shape."""
    # 224 | {"shortest_edge": 224} | {"height": 224, "width": 224} | [224, 224]
    if size is None:
        return None, False
    if isinstance(size, dict) and "shortest_edge" in size:
        return int(size["shortest_edge"]), False
    if isinstance(size, dict):
        size = [size["height"], size["width"]]
    if isinstance(size, (list, tuple)):
        if len(set(size)) != 1:
            raise ValueError(f"pictures of {' × '.join(map(str, size))}, not square")
        return int(size[0]), True
    if isinstance(size, (int, float)):
        return int(size), True
    raise TypeError(f"size is {size!r}")


def _scale(processor: dict[str, Any], notes: list[str]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation in [0, 255], from those that apply after the pixels were multiplied by `rescale_factor`."""
    factor = float(processor.get("rescale_factor", 1 / 255)) if processor.get("do_rescale", True) else 1.0
    offset = 1.0 if processor.get("rescale_offset") else 0.0
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if processor.get("do_normalize", True):
        if "image_mean" not in processor or "image_std" not in processor:
            notes.append("no image_mean and image_std, so ImageNet's are assumed")
        mean = _triple(processor.get("image_mean", IMAGENET_MEAN))
        std = _triple(processor.get("image_std", IMAGENET_STD))
    # (pixel · factor − offset − mean) / std = (pixel − (offset + mean) / factor) / (std / factor)
    return tuple((offset + m) / factor for m in mean), tuple(s / factor for s in std)


def _triple(values: Any) -> tuple[float, float, float]:
    values = [values] * 3 if isinstance(values, (int, float)) else list(values)
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _interpolation(processor: dict[str, Any], notes: list[str]) -> str:
    wanted = processor.get("resample")
    if wanted is None:
        notes.append("no resample, so bilinear is assumed")
        return "bilinear"
    if wanted in {_BILINEAR, _BICUBIC}:
        return "bilinear" if wanted == _BILINEAR else "bicubic"
    used = "bicubic" if wanted == _LANCZOS else "bilinear"
    notes.append(f"it resamples by filter {wanted} of Pillow's; {used} is used")
    return used
