"""A classifier: an ONNX model in a session of ONNX Runtime, with the facts that make its input and read its output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import ModelError
from penchant.recognition.facts import ModelRow, file_sha256
from penchant.recognition.finding import find_model
from penchant.recognition.labels import read_labels
from penchant.types import LabelSet, ModelFacts

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime as ort
    from numpy.typing import NDArray

    from penchant.recognition.labels import SynsetOf

KEPT_LABELS = 10
_BATCH = 4  # as fast as any larger batch, in less memory (docs/performance.md)


class Classifier:
    """One network, ready to run; safe to share between threads, each of which runs on one core.

    Attributes:
        facts: what is recorded about it with every prediction.
        label_set: its classes.
        side: pixels a side of the square that it looks at.
        resize: what the picture's shorter side measures at that scale.
        interpolation: how pictures are resampled for it.
        squeeze: whether it looks at whole pictures made square, not at their centre.
        batch: how many pictures it takes at once.
        kept_labels: k, how many labels of a picture are kept.
        promised: whether somebody said beforehand what the file's SHA-256 must be, and it is.
        notes: sentences that the user should read: what was assumed, and which labels mean nothing to the lexicon.
    """

    def __init__(self, row: ModelRow, path: Path, *, synset_of: SynsetOf | None = None) -> None:
        """Opens the model.

        Args:
            row: its facts.
            path: its file.
            synset_of: finds the synset of a label by its names, where its label set gives none.

        Raises:
            ModelError: when the file isn't the one that the facts describe, or not an image classifier.
        """
        digest = file_sha256(path)
        if row.sha256 is not None and digest != row.sha256:
            way_out = f"; penchant models pull {row.name} fetches it again" if row.remote is not None else ""
            raise ModelError(
                f"{path} is not the file its facts describe: its SHA-256 is {digest}, not {row.sha256}{way_out}"
            )
        self.promised = row.sha256 is not None
        self.label_set: LabelSet
        self.label_set, notes = read_labels(row.labels, called=row.name, synset_of=synset_of)
        self.notes: tuple[str, ...] = (*row.notes, *notes)
        self.facts = ModelFacts(name=row.name, sha256=digest, label_set=self.label_set.name)
        self._session = _open_session(path)
        self._row = row
        self._input = self._session.get_inputs()[0]
        self._output = self._output_name(path)
        self._channels_first, self.side = self._layout(path)
        self._pixels_in = self._input.type == "tensor(uint8)"
        self.resize = row.input.resize or round(self.side * 256 / 224)
        if self.resize < self.side:
            raise ModelError(f"{row.name}: resize = {self.resize} is smaller than size = {self.side}")
        self.interpolation: str = row.input.interpolation
        self.squeeze = row.input.fit == "squeeze"
        fixed = self._input.shape[0]
        self.batch = fixed if isinstance(fixed, int) and fixed > 0 else _BATCH
        order = slice(None, None, -1) if row.input.channels == "BGR" else slice(None)
        self._order = order
        self._mean = np.array(row.input.mean, np.float32)
        if not np.isfinite([*row.input.mean, *row.input.std]).all() or not all(row.input.std):
            raise ModelError(f"{row.name}: mean and std must be finite, and std not 0")
        if self._pixels_in and (any(row.input.mean) or row.input.std != (1, 1, 1)):
            raise ModelError(f"{row.name} takes whole pixels (uint8), so its mean and std must stay 0 and 1")
        self._scale = np.float32(1) / np.array(row.input.std, np.float32)
        self._logits = row.output.kind == "logits"
        self._check_output(path)
        self.kept_labels = min(KEPT_LABELS, len(self.label_set.classes))

    @property
    def identity(self) -> str:
        """Names all of the model and its facts that decide a prediction."""
        parts = (
            self.facts.sha256, self.facts.label_set, self.side, self.resize, self.interpolation,
            self._row.input.channels, self._row.input.mean, self._row.input.std,
            self._output, self._logits, self._row.output.background, KEPT_LABELS,
        )  # fmt: skip
        return repr((*parts, "squeeze") if self.squeeze else parts)  # older runs know nothing of it

    @classmethod
    def open(cls, name_or_path: str, facts: tuple[str, ...] = (), *, synset_of: SynsetOf | None = None) -> Classifier:
        """The classifier of that name in the catalogue, on the hub, or in that `.onnx` file; see `find_model`."""
        return cls(*find_model(name_or_path, facts), synset_of=synset_of)

    def classify(self, squares: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The most probable labels of each picture.

        Args:
            squares: [n, side, side, 3] RGB, n at most `batch`.

        Returns:
            Class indices [n, k] and confidences [n, k], most probable first, k = `kept_labels`.
            A row doesn't depend on the other pictures of its batch.
        """
        scores = self._run(squares)
        kept = self.kept_labels
        # argpartition's order among equals is arbitrary: the sort is stable and starts from the class order.
        top = np.sort(np.argpartition(-scores, kept - 1, axis=1)[:, :kept], axis=1)
        confidence = np.take_along_axis(scores, top, axis=1)
        order = np.argsort(-confidence, axis=1, kind="stable")
        label = np.take_along_axis(top, order, axis=1).astype(np.int32)
        return label, np.take_along_axis(confidence, order, axis=1)

    def _run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities [n, classes]."""
        count = len(squares)
        if count < self.batch:
            # A full batch always: rows of a partial one could differ in their last bits.
            squares = np.concatenate([squares, np.zeros((self.batch - count, *squares.shape[1:]), np.uint8)])
        raw = self._session.run([self._output], {self._input.name: self._prepared(squares)})[0]
        scores = raw.reshape(self.batch, -1)[:count, self._row.output.background :].astype(np.float32)
        if self._logits:
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
        elif self._row.output.background:
            scores = scores / np.maximum(scores.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        result: NDArray[np.float32] = np.clip(np.nan_to_num(scores), 0, 1)
        return result

    def _prepared(self, squares: NDArray[np.uint8]) -> NDArray[np.uint8] | NDArray[np.float32]:
        ordered = squares[..., self._order]
        if self._channels_first:
            ordered = ordered.transpose(0, 3, 1, 2)
        if self._pixels_in:
            return np.ascontiguousarray(ordered)
        shape = (3, 1, 1) if self._channels_first else (3,)
        shifted: NDArray[np.float32] = ordered.astype(np.float32) - self._mean.reshape(shape)
        return np.ascontiguousarray(shifted * self._scale.reshape(shape))

    def _output_name(self, path: Path) -> str:
        names = [output.name for output in self._session.get_outputs()]
        wanted = self._row.output.name or names[0]
        if wanted not in names:
            raise ModelError(f"{path} has no output {wanted!r}; it has {', '.join(names)}")
        return wanted

    def _layout(self, path: Path) -> tuple[bool, int]:
        shape = self._input.shape
        # ["batch_size", "num_channels", "height", "width"]: PyTorch's order; the trial shows if it isn't.
        open_ended = len(shape) == 4 and not isinstance(shape[1], int) and not isinstance(shape[3], int)
        if len(shape) != 4 or (3 not in (shape[1], shape[3]) and not open_ended):
            raise ModelError(f"{path} doesn't take pictures: its input {self._input.name} has the shape {shape}")
        if self._input.type not in {"tensor(float)", "tensor(uint8)"}:
            raise ModelError(f"{path} takes {self._input.type}; float and uint8 inputs can be run")
        channels_first = shape[1] == 3 or open_ended
        declared = shape[2] if channels_first else shape[1]
        side = self._row.input.size or (declared if isinstance(declared, int) else None)
        if side is None:
            raise ModelError(f"{path} leaves the size of its input open: add --fact size=224")
        if isinstance(declared, int) and declared != side:
            raise ModelError(f"{path} takes {declared} × {declared} pixels, not {side} × {side}")
        return channels_first, side

    def _check_output(self, path: Path) -> None:
        """One trial on grey: whether the output fits the label set, and, if nobody said, what it means."""
        grey = np.full((1, self.side, self.side, 3), 128, np.uint8)
        batch = np.repeat(grey, self.batch, axis=0)
        try:
            raw = self._session.run([self._output], {self._input.name: self._prepared(batch)})[0]
        except Exception as error:  # ONNX Runtime raises classes of its own that share no public base
            raise ModelError(f"{path} can't be run: {str(error).splitlines()[0]}") from error
        if not isinstance(raw, np.ndarray) or raw.dtype.kind != "f":
            raise ModelError(f"{path}: its output {self._output} is not an array of numbers for classes")
        if raw.size % self.batch:
            raise ModelError(f"{path}: its output {self._output} has the shape {list(raw.shape)}")
        classes = raw.size // self.batch - self._row.output.background
        if classes != len(self.label_set.classes):
            raise ModelError(
                f"{path} has {classes:,} outputs and the label set {self.label_set.name} "
                f"{len(self.label_set.classes):,} classes"
            )
        if self._row.output.kind is None:
            sums = raw.reshape(self.batch, -1).sum(axis=1)
            self._logits = bool(raw.min() < 0 or np.abs(sums - 1).max() > 0.01)


def _open_session(path: Path) -> ort.InferenceSession:
    # Since 1.29 ONNX Runtime reports its use to its makers, and keeps an identifier in the home folder, from the moment
    # it is imported. Nothing leaves this machine unasked.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime as ort

    ort.disable_telemetry_events()  # Windows heeds only this
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # the callers are the threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own that share no public base
        raise ModelError(f"{path} is not a model that can be opened: {str(error).splitlines()[0]}") from error
