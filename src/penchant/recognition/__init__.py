"""Recognition: what each picture shows. Decoding, models with their facts, label sets, and the classifier."""

from penchant.recognition.classifier import KEPT_LABELS, Classifier
from penchant.recognition.decode import Decoder
from penchant.recognition.facts import (
    DEFAULT_MODEL,
    Catalogue,
    ModelRow,
    file_sha256,
    load_catalogue,
)
from penchant.recognition.finding import find_model
from penchant.recognition.labels import load_labels
from penchant.recognition.memory import DecodeLimits, MemoryBudget, PixelLimits
from penchant.recognition.store import ModelStore

__all__ = [
    "DEFAULT_MODEL",
    "KEPT_LABELS",
    "Catalogue",
    "Classifier",
    "DecodeLimits",
    "Decoder",
    "MemoryBudget",
    "ModelRow",
    "ModelStore",
    "PixelLimits",
    "file_sha256",
    "find_model",
    "load_catalogue",
    "load_labels",
]
