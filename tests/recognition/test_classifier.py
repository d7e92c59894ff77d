"""Any ONNX classifier, by its facts: tiny networks whose answers can be worked out by hand, and real ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from penchant.errors import ModelError, PenchantError
from penchant.recognition import DEFAULT_MODEL, Classifier, DecodeLimits, Decoder

from .networks import SIDE, WEIGHTS, network, save

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACTS = ("labels=four.tsv",)


def colours(*means: tuple[int, int, int], side: int = SIDE) -> NDArray[np.uint8]:
    """Pictures of one colour each."""
    return np.stack([np.broadcast_to(np.array(mean, np.uint8), (side, side, 3)) for mean in means])


def probabilities(
    means: NDArray[np.float32], shift: tuple[float, ...] = (0, 0, 0), scale: float = 1.0
) -> NDArray[np.float32]:
    scores = np.exp((means - np.array(shift, np.float32)) / np.float32(scale) @ WEIGHTS)
    result: NDArray[np.float32] = scores / scores.sum(axis=1, keepdims=True)
    return result


def by_class(classifier: Classifier, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Confidences in the order of the classes, as many pictures at a time as the classifier takes."""
    starts = range(0, len(squares), classifier.batch)
    batches = [classifier.classify(squares[start : start + classifier.batch]) for start in starts]
    label, confidence = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert label.dtype == np.int32
    assert confidence.dtype == np.float32
    assert (np.diff(confidence, axis=1) <= 0).all()
    result = np.zeros_like(confidence)
    np.put_along_axis(result, label.astype(np.int64), confidence, axis=1)
    return result


COLOURS = ((200, 10, 60), (10, 90, 250), (0, 0, 0), (30, 30, 30), (255, 255, 255))
MEANS = np.array(COLOURS, np.float32)


@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("pixels", [False, True], ids=["float", "uint8"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_layouts_types_and_batches(layout: Any, pixels: bool, batch: int | str, tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx", layout=layout, pixels=pixels, batch=batch)
    classifier = Classifier.open(str(path), FACTS)
    assert classifier.side == SIDE
    if batch != "n":
        assert classifier.batch == batch
    assert classifier.kept_labels == 4
    assert np.allclose(by_class(classifier, colours(*COLOURS)), probabilities(MEANS), atol=1e-6)


def test_channels_mean_and_std(tmp_path: Path) -> None:
    """Mean and std are in the order of the channels."""
    path = network(tmp_path / "tiny.onnx")
    facts = (*FACTS, "channels=BGR", "mean=104,117,123", "std=2,2,2")
    got = by_class(Classifier.open(str(path), facts), colours(*COLOURS))
    assert np.allclose(got, probabilities(MEANS[:, ::-1], (104, 117, 123), 2), atol=1e-6)


@pytest.mark.parametrize("kind", ["", "logits", "probabilities"])
@pytest.mark.parametrize("softmax", [False, True])
def test_logits_and_probabilities(softmax: bool, kind: str, tmp_path: Path) -> None:
    """Without a word it is found out; said wrongly, it is believed."""
    path = network(tmp_path / "tiny.onnx", softmax=softmax)
    facts = (*FACTS, f"kind={kind}") if kind else FACTS
    got = by_class(Classifier.open(str(path), facts), colours(*COLOURS))
    wanted = probabilities(MEANS)
    if softmax and kind == "logits":
        wanted = np.exp(wanted) / np.exp(wanted).sum(axis=1, keepdims=True)
    if not softmax and kind == "probabilities":
        wanted = np.clip(MEANS @ WEIGHTS, 0, 1)
    assert np.allclose(got, wanted, atol=1e-6)


@pytest.mark.parametrize("softmax", [False, True])
def test_classes_for_nothing_are_left_out(softmax: bool, tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx", softmax=softmax, background=2)
    got = by_class(Classifier.open(str(path), (*FACTS, "background=2")), colours(*COLOURS))
    assert np.allclose(got, probabilities(MEANS), atol=1e-5)
    with pytest.raises(ModelError, match="has 6 outputs and the label set four 4 classes"):
        Classifier.open(str(path), FACTS)


def test_an_output_may_be_chosen(tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx")
    both = [Classifier.open(str(path), (*FACTS, f"output={name}")) for name in ("logits", "probabilities")]
    logits, given = (by_class(classifier, colours(*COLOURS)) for classifier in both)
    assert np.allclose(logits, given, atol=1e-6)
    assert both[0].identity != both[1].identity
    with pytest.raises(ModelError, match="has no output 'scores'; it has logits, probabilities"):
        Classifier.open(str(path), (*FACTS, "output=scores"))


def test_sizes(tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx", side="s")
    with pytest.raises(ModelError, match="leaves the size of its input open: add --fact size=224"):
        Classifier.open(str(path), FACTS)
    classifier = Classifier.open(str(path), (*FACTS, "size=112"))
    assert (classifier.side, classifier.resize, classifier.interpolation) == (112, 128, "bicubic")
    classifier = Classifier.open(str(path), (*FACTS, "size=112", "resize=112", "interpolation=bilinear"))
    assert (classifier.resize, classifier.interpolation) == (112, "bilinear")
    with pytest.raises(ModelError, match="resize = 100 is smaller than size = 112"):
        Classifier.open(str(path), (*FACTS, "size=112", "resize=100"))
    fixed = network(tmp_path / "fixed.onnx")
    with pytest.raises(ModelError, match="takes 8 × 8 pixels, not 9 × 9"):
        Classifier.open(str(fixed), (*FACTS, "size=9"))


def test_an_input_whose_sides_are_all_left_open(tmp_path: Path) -> None:
    """As PyTorch exports it for the hub: the channels come first."""
    path = network(tmp_path / "tiny.onnx", shape=("batch_size", "num_channels", "height", "width"))
    classifier = Classifier.open(str(path), (*FACTS, f"size={SIDE}"))
    assert np.allclose(by_class(classifier, colours(*COLOURS)), probabilities(MEANS), atol=1e-6)


def test_the_sum_is_checked(tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx")
    sha256 = Classifier.open(str(path), FACTS).facts.sha256
    assert Classifier.open(str(path), (*FACTS, f"sha256={sha256}")).facts.sha256 == sha256
    with pytest.raises(ModelError, match="is not the file its facts describe"):
        Classifier.open(str(path), (*FACTS, "sha256=" + "0" * 64))


def test_facts_from_a_toml_beside_the_file(tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx")
    path.with_suffix(".toml").write_text('name = "mine"\nlabels = "four.tsv"\n[input]\nchannels = "BGR"\n')
    classifier = Classifier.open(str(path))
    assert (classifier.facts.name, classifier.facts.label_set) == ("mine", "four")
    assert np.allclose(by_class(classifier, colours(*COLOURS)), probabilities(MEANS[:, ::-1]), atol=1e-6)


@pytest.mark.parametrize(
    "fact", ["size=8", "resize=16", "channels=BGR", "mean=1,1,1", "std=2,2,2", "interpolation=bilinear",
             "fit=squeeze", "output=probabilities", "kind=probabilities"],
)  # fmt: skip
def test_what_decides_a_prediction_is_in_the_identity(fact: str, tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx", batch=4)
    plain = Classifier.open(str(path), FACTS)
    other = Classifier.open(str(path), (*FACTS, fact))
    assert (plain.identity == other.identity) == (fact == "size=8")


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08\x07" * 50, bytes(1000), b"PK\x03\x04" + bytes(50)])
def test_a_file_that_is_no_model(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is not a model that can be opened|doesn't take pictures"):
        Classifier.open(str(path), ("labels=imagenet-1k",))


@pytest.mark.parametrize("shape", [("n", 3), ("n", 1, 8, 8), ("n", 8, 8, 4), ("n", 3, 8, 8, 1), ()], ids=str)
def test_an_input_that_is_no_picture(shape: tuple[int | str, ...], tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["in"], ["out"])
    given = helper.make_tensor_value_info("in", TensorProto.FLOAT, shape)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)
    path = save(tmp_path / "tiny.onnx", helper.make_graph([node], "odd", [given], [out]))
    with pytest.raises(ModelError, match="doesn't take pictures: its input in has the shape"):
        Classifier.open(str(path), FACTS)


def odd(path: Path, kind: int, node: Any, out: Any, more: tuple[Any, ...] = ()) -> Path:
    given = helper.make_tensor_value_info("in", kind, (1, 3, SIDE, SIDE))
    return save(path, helper.make_graph([node], "odd", [given, *more], [out]))


def test_inputs_and_outputs_of_other_kinds(tmp_path: Path) -> None:
    identity = helper.make_node("Identity", ["in"], ["out"])
    shape = (1, 3, SIDE, SIDE)
    path = tmp_path / "tiny.onnx"
    odd(path, TensorProto.DOUBLE, identity, helper.make_tensor_value_info("out", TensorProto.DOUBLE, shape))
    with pytest.raises(ModelError, match=r"takes tensor\(double\); float and uint8 inputs can be run"):
        Classifier.open(str(path), FACTS)
    odd(path, TensorProto.UINT8, identity, helper.make_tensor_value_info("out", TensorProto.UINT8, shape))
    with pytest.raises(ModelError, match="its output out is not an array of numbers for classes"):
        Classifier.open(str(path), FACTS)
    several = helper.make_node("SequenceConstruct", ["in"], ["out"])
    odd(path, TensorProto.FLOAT, several, helper.make_tensor_sequence_value_info("out", TensorProto.FLOAT, None))
    with pytest.raises(ModelError, match="its output out is not an array of numbers for classes"):
        Classifier.open(str(path), FACTS)
    second = helper.make_tensor_value_info("second", TensorProto.FLOAT, shape)
    both = helper.make_node("Add", ["in", "second"], ["out"])
    odd(path, TensorProto.FLOAT, both, helper.make_tensor_value_info("out", TensorProto.FLOAT, shape), (second,))
    with pytest.raises(ModelError, match="can't be run"):
        Classifier.open(str(path), FACTS)


@pytest.mark.parametrize("fact", ["std=0,1,1", "std=nan,1,1", "mean=inf,0,0"])
def test_a_scale_that_makes_no_numbers_is_refused(fact: str, tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx")
    with pytest.raises(PenchantError, match="std"):
        Classifier.open(str(path), (*FACTS, fact))


def test_whole_pixels_have_no_mean(tmp_path: Path) -> None:
    path = network(tmp_path / "tiny.onnx", pixels=True)
    with pytest.raises(ModelError, match="takes whole pixels"):
        Classifier.open(str(path), (*FACTS, "mean=1,1,1"))


def test_ties_are_in_the_order_of_the_classes(tmp_path: Path) -> None:
    classifier = Classifier.open(str(network(tmp_path / "tiny.onnx")), FACTS)
    label, confidence = classifier.classify(colours((0, 0, 0), (60, 60, 60)))
    assert label.tolist() == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert (confidence[0] == 0.25).all()


@pytest.fixture(scope="module")
def embedded() -> Classifier:
    return Classifier.open(DEFAULT_MODEL)


def test_a_row_does_not_depend_on_its_batch(embedded: Classifier) -> None:
    """Bit for bit: alone, at any place, and whatever the others are."""
    random = np.random.default_rng(1)
    side = embedded.side
    coarse = random.integers(0, 256, (6, side // 16, side // 16, 3), np.uint8)
    pictures = coarse.repeat(16, axis=1).repeat(16, axis=2)
    alone = [embedded.classify(picture[None]) for picture in pictures]
    for _ in range(4):
        order = random.permutation(np.repeat(np.arange(len(pictures)), 2))[: random.integers(2, embedded.batch + 1)]
        label, confidence = embedded.classify(pictures[order])
        for row, chosen in enumerate(order):
            assert label[row].tobytes() == alone[chosen][0].tobytes()
            assert confidence[row].tobytes() == alone[chosen][1].tobytes()


def test_the_embedded_model_says_probabilities(embedded: Classifier) -> None:
    label, confidence = embedded.classify(colours((90, 140, 220), (0, 0, 0), side=embedded.side))
    assert label.shape == confidence.shape == (2, 10)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (confidence.sum(axis=1) <= 1.0001).all()


SHARED = Path(os.environ.get("PENCHANT_SHARED", "/nowhere"))
GOOGLENET = SHARED / "data" / "models" / "bvlc_googlenet.onnx"
SAMPLE = SHARED / "data" / "photos" / "imagenet-sample"


@pytest.mark.skipif(not (GOOGLENET.is_file() and SAMPLE.is_dir()), reason="needs GoogLeNet and photos, not shipped")
def test_googlenet_runs_as_a_users_own_file() -> None:
    classifier = Classifier.open(str(GOOGLENET), ("labels=imagenet-1k", "channels=BGR", "mean=104,117,123"))
    decoder = Decoder(DecodeLimits())
    paths = sorted(path for path in SAMPLE.rglob("n*_*") if path.is_file())
    chosen = paths[:: max(1, len(paths) // 50)][:50]
    right = 0
    for start in range(0, len(chosen), classifier.batch):
        batch = chosen[start : start + classifier.batch]
        squares = [decoder.square(path.read_bytes(), side=classifier.side, resize=classifier.resize) for path in batch]
        label, _ = classifier.classify(np.stack(squares))
        said = [classifier.label_set.classes[first].synset for first in label[:, 0]]
        right += sum(synset == path.name.partition("_")[0] for synset, path in zip(said, batch, strict=True))
    assert len(chosen) == 50
    assert right > 35
