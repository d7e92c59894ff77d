"""Tiny ONNX networks: what they say of a picture can be worked out by hand from its mean colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

# Class 0 likes the first channel, 1 the second, 2 the third; 3 is always at zero.
WEIGHTS = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32) / np.float32(64)
LABELS = "index\tname\twnid\n0\tfirst\tn00000001\n1\tsecond\t\n2\tthird\t\n3\tnone\t\n"
SIDE = 8


def network(
    path: Path,
    *,
    layout: Literal["NCHW", "NHWC"] = "NCHW",
    pixels: bool = False,
    batch: int | str = "n",
    side: int | str = SIDE,
    softmax: bool = False,
    background: int = 0,
    shape: tuple[int | str, ...] | None = None,
) -> Path:
    """Writes a network that takes the mean of each channel to four classes, after `background` others at 9."""
    channels_first = layout == "NCHW"
    axes = [2, 3] if channels_first else [1, 2]
    taken = shape or ((batch, 3, side, side) if channels_first else (batch, side, side, 3))
    weights = np.concatenate([np.zeros((3, background), np.float32), WEIGHTS], axis=1)
    bias = np.concatenate([np.full(background, 9, np.float32), np.zeros(4, np.float32)])
    nodes = [
        helper.make_node("Cast", ["in"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    outputs = ["probabilities", "logits"] if softmax else ["logits", "probabilities"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("in", TensorProto.UINT8 if pixels else TensorProto.FLOAT, taken)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, (batch, 4 + background)) for name in outputs],
        [
            numpy_helper.from_array(np.array(axes, np.int64), "axes"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    return save(path, graph)


def save(path: Path, graph: Any) -> Path:
    """Writes a graph, and four labels beside it."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    (path.parent / "four.tsv").write_text(LABELS)
    return path
