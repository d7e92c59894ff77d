"""Models of the hub by name: fetched from a server on loopback, understood by what they say of themselves, and run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("httpx")

from hub_server import Fault, HubServer

from penchant.errors import ModelError, ServiceError, UsageError
from penchant.recognition import Classifier, ModelStore, find_model, load_labels
from penchant.recognition.hub import HubModel
from penchant.recognition.hubconfig import HubLabel, agrees, parse_input, parse_labels
from penchant.recognition.pull import Puller
from penchant.retry import Retry
from penchant.semantics.naming import synset_of_names

from .networks import SIDE, network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "hf:some-one/tiny.net"
CONFIG = {
    "id2label": {"0": "tabby, tabby cat", "1": "apple_pie", "2": "hot dog", "3": "Selfie Moment"},
    "model_type": "vit",
}
PROCESSOR = {
    "size": {"height": SIDE, "width": SIDE}, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5, 0.5, 0.25],
}  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    """A repository with a tiny network that says its labels and its preprocessing."""
    path = network(tmp_path / "tiny.onnx", shape=("batch_size", "num_channels", "height", "width"))
    with HubServer() as server:
        server.put("some-one/tiny.net", "config.json", json.dumps(CONFIG).encode())
        server.put("some-one/tiny.net", "preprocessor_config.json", json.dumps(PROCESSOR).encode())
        server.put("some-one/tiny.net", "onnx/model.onnx", path.read_bytes())
        yield server


@pytest.fixture
def puller(hub: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Puller:
    monkeypatch.setenv("PENCHANT_MODELS", str(tmp_path / "models"))
    return Puller(ModelStore.default(), hub.url, retry=Retry(attempts=2, first=0.001))


def opened(name: str) -> Classifier:
    """As `Classifier.open`, of which other tests remember what it gave."""
    return Classifier(*find_model(name), synset_of=synset_of_names)


def test_names() -> None:
    assert HubModel.parse("hf:a/b") == HubModel("a/b")
    assert HubModel.parse("hf:A-1/b.c_d@v1.0") == HubModel("A-1/b.c_d", "v1.0")
    assert HubModel.parse("hf:a/b@v1/x/y.onnx") == HubModel("a/b", "v1", "x/y.onnx")
    for name in ("hf:a/b", "hf:a/b@v1", "hf:a/b@v1/x/y.onnx", "hf:a/b/model.onnx"):
        assert HubModel.parse(name).name == name
    for wrong in ("hf:", "hf:a", "hf:a/", "hf:/b", "hf:a/b@", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b/../x.onnx",
                  "hf:a/b@../x", "hf:a--b/c", "hf:a/b c", "hf:a/b?x=1", "hf:a/b\n"):  # fmt: skip
        with pytest.raises(UsageError, match="write hf:OWNER/NAME"):
            HubModel.parse(wrong)


def test_a_model_is_fetched_and_runs(hub: HubServer, puller: Puller) -> None:
    with pytest.raises(ModelError, match=f"{NAME} is not here yet: penchant models pull {NAME} fetches it"):
        find_model(NAME)
    pulled = puller.pull(NAME)
    assert (pulled.name, pulled.fetched, pulled.promised) == (NAME, True, False)
    assert [seen.path.partition("/resolve/main/")[2] for seen in hub.log] == [
        "config.json", "preprocessor_config.json", "onnx/model.onnx",
    ]  # fmt: skip
    classifier = opened(NAME)
    assert (classifier.facts.name, classifier.facts.sha256) == (NAME, pulled.sha256)
    assert (classifier.side, classifier.resize, classifier.squeeze) == (SIDE, SIDE, True)
    assert [(c.name, c.synset) for c in classifier.label_set.classes] == [
        ("tabby", "n02123045"), ("apple pie", "n07626174"), ("hot dog", "n07697537"), ("Selfie Moment", None),
    ]  # fmt: skip
    assert classifier.notes == (f"{NAME}: 1 of 4 labels have no synset: Selfie Moment",)
    label, _ = classifier.classify(np.full((1, SIDE, SIDE, 3), (10, 20, 240), np.uint8))
    assert label[0, 0] == 2
    hub.log.clear()
    assert not puller.pull(NAME).fetched
    assert hub.log == []


def test_all_files_are_of_one_commit(hub: HubServer, puller: Puller) -> None:
    hub.commit = "b" * 40
    for path in ("preprocessor_config.json", "onnx/model.onnx"):
        hub.files[f"some-one/tiny.net/resolve/{'b' * 40}/{path}"] = hub.files.pop(
            f"some-one/tiny.net/resolve/main/{path}"
        )
    assert puller.pull(NAME).path == puller.store.folder / "hf/some-one--tiny.net/main/onnx/model.onnx"
    assert puller.store.hub_models() == [("some-one/tiny.net", "main")]


def test_revisions_and_files(hub: HubServer, puller: Puller) -> None:
    data = hub.files["some-one/tiny.net/resolve/main/onnx/model.onnx"]
    for path in ("config.json", "preprocessor_config.json"):
        hub.put("some-one/tiny.net", path, hub.files[f"some-one/tiny.net/resolve/main/{path}"], revision="v1")
    hub.put("some-one/tiny.net", "deep/small.onnx", data, revision="v1")
    with pytest.raises(ModelError, match=r"has no ONNX file at onnx/model\.onnx, model\.onnx, onnx/model_quantized"):
        puller.pull(f"{NAME}@v1")
    name = f"{NAME}@v1/deep/small.onnx"
    assert puller.pull(name).path.parts[-3:] == ("v1", "deep", "small.onnx")
    assert opened(name).facts.name == name
    with pytest.raises(ModelError, match=r"has no config\.json at v2"):
        puller.pull(f"{NAME}@v2")


def test_other_usual_places_and_no_preprocessor(hub: HubServer, puller: Puller) -> None:
    hub.put(
        "some-one/tiny.net",
        "onnx/model_quantized.onnx",
        hub.files.pop("some-one/tiny.net/resolve/main/onnx/model.onnx"),
    )
    del hub.files["some-one/tiny.net/resolve/main/preprocessor_config.json"]
    hub.put("some-one/tiny.net", "config.json", json.dumps(CONFIG | {"image_size": SIDE}).encode())
    assert puller.pull(NAME).path.name == "model_quantized.onnx"
    classifier = opened(NAME)
    assert (classifier.side, classifier.resize) == (SIDE, int(SIDE / 0.875))
    assert "no preprocessor_config.json" in classifier.notes[0]


def test_an_interrupted_model_is_not_half_there(hub: HubServer, puller: Puller) -> None:
    hub.faults.extend([None, None, Fault(cut=100), Fault(cut=0)])
    with pytest.raises(ServiceError, match="the same command goes on there"):
        puller.pull(NAME)
    with pytest.raises(ModelError, match="is not here yet"):
        find_model(NAME)
    puller.pull(NAME)
    assert [seen.range for seen in hub.log][-1] == "bytes=100-"


def test_classes_for_nothing(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    """1,001 classes: TensorFlow's networks have one for the background, and the config calls it so."""
    path = network(tmp_path / "background.onnx", background=1)
    labels = {"0": "background"} | {str(i + 1): name for i, name in enumerate(CONFIG["id2label"].values())}  # type: ignore[attr-defined]
    hub.put("some-one/tiny.net", "onnx/model.onnx", path.read_bytes())
    hub.put("some-one/tiny.net", "config.json", json.dumps({"id2label": labels}).encode())
    puller.pull(NAME)
    classifier = opened(NAME)
    assert [c.name for c in classifier.label_set.classes] == ["tabby", "apple pie", "hot dog", "Selfie Moment"]
    label, _ = classifier.classify(np.full((1, SIDE, SIDE, 3), (240, 20, 10), np.uint8))
    assert label[0, 0] == 0


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fixed_batch(batch: int, hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    hub.put("some-one/tiny.net", "onnx/model.onnx", network(tmp_path / "fixed.onnx", batch=batch).read_bytes())
    puller.pull(NAME)
    classifier = opened(NAME)
    assert classifier.batch == batch
    assert classifier.classify(np.full((1, SIDE, SIDE, 3), (10, 240, 10), np.uint8))[0][0, 0] == 1


def test_outputs_with_more_dimensions(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    """[n, classes, 1, 1], as networks that end in a convolution have it."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(network(tmp_path / "deep.onnx"))
    model.graph.node.append(helper.make_node("Unsqueeze", ["logits", "last"], ["deep"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([2, 3], np.int64), "last"))
    model.graph.output.insert(0, helper.make_tensor_value_info("deep", TensorProto.FLOAT, ("n", 4, 1, 1)))
    hub.put("some-one/tiny.net", "onnx/model.onnx", model.SerializeToString())
    puller.pull(NAME)
    assert opened(NAME).classify(np.full((1, SIDE, SIDE, 3), (10, 240, 10), np.uint8))[0][0, 0] == 1


def labels_of(*texts: str) -> tuple[HubLabel, ...]:
    return parse_labels({"id2label": {str(i): text for i, text in enumerate(texts)}}, "it")[0]


def test_labels() -> None:
    assert labels_of("tabby, tabby cat", "apple_pie", "n02123045", "n02123045 tabby_cat, tabby", "n1, n2") == (
        HubLabel(("tabby", "tabby cat")),
        HubLabel(("apple pie",)),
        HubLabel(("n02123045",), "n02123045"),
        HubLabel(("tabby cat", "tabby"), "n02123045"),
        HubLabel(("n1", "n2")),
    )
    assert parse_labels({"id2label": {"0": "Background", "1": "a"}}, "it") == ((HubLabel(("a",)),), 1)
    faulty: tuple[dict[str, Any], ...] = ({}, {"id2label": {}}, {"id2label": ["a"]}, {"id2label": {"1": "a"}},
                   {"id2label": {"0": 3}}, {"id2label": {"0": " "}}, {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}},
                   {"id2label": {"0": "a"}, "problem_type": "multi_label_classification"})  # fmt: skip
    for config in faulty:
        with pytest.raises(ModelError, match="it"):
            parse_labels(config, "it")


def test_imagenet_is_recognised_by_order_and_names(tmp_path: Path) -> None:
    from penchant.recognition.labels import read_labels

    imagenet = load_labels("imagenet-1k")
    texts = [", ".join(label.names) for label in imagenet.classes]
    for i in (3, 500, 999):
        texts[i] = "quite another name"
    texts[281] = "Tabby_Cat"

    def read(texts: list[str]) -> Any:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"id2label": dict(enumerate(texts))}))
        return read_labels(str(path), called="hf:a/b", synset_of=lambda _: None)

    found, notes = read(texts)
    assert found == imagenet
    assert len(notes) == 1
    assert "called otherwise: quite another name for tiger shark, quite another" in notes[0]
    found, notes = read(sorted(texts))
    assert found.name == "hf:a/b"
    assert all(label.synset is None for label in found.classes)
    assert "1,000 of 1,000 labels have no synset" in notes[0]
    swapped = labels_of(*texts[500:], *texts[:500])
    assert not agrees(swapped, imagenet)[0]
    assert not agrees(labels_of(*texts[:-1]), imagenet)[0]
    wnids = labels_of(*(str(label.synset) for label in imagenet.classes))
    assert agrees(wnids, imagenet) == (True, ())


MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3}


@pytest.mark.parametrize(
    ("processor", "wanted"),
    [
        ({"crop_pct": 0.875, "size": {"shortest_edge": 224}}, (224, 256, "crop")),  # ConvNeXt
        ({"crop_pct": 0.875, "size": {"shortest_edge": 384}}, (384, 384, "squeeze")),
        ({"crop_pct": 0.9, "size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224},
          "do_center_crop": True}, (224, 248, "crop")),
        ({"size": {"height": 224, "width": 224}}, (224, 224, "squeeze")),  # ViT
        ({"size": 224}, (224, 224, "squeeze")),
        ({"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": {"height": 224, "width": 224}},
         (224, 256, "crop")),  # MobileNetV2
        ({"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": 224}, (224, 256, "crop")),
        ({"size": {"height": 256, "width": 256}, "do_center_crop": True, "crop_size": 224}, (224, 256, "crop")),
        ({"size": {"height": 224, "width": 224}, "do_center_crop": True, "crop_size": 224}, (224, 224, "squeeze")),
        ({}, (224, 224, "crop")),
    ],
)  # fmt: skip
def test_geometry(processor: dict[str, Any], wanted: tuple[int, int, str]) -> None:
    facts, _ = parse_input({**IMAGENET, **processor}, {}, "it")
    assert (facts.size, facts.resize, facts.fit) == wanted
    assert facts.mean == pytest.approx(MEAN)
    assert facts.std == pytest.approx(STD)
    assert (facts.channels, facts.interpolation) == ("RGB", "bicubic")


def test_scales() -> None:
    def scale(**processor: Any) -> tuple[float, float]:
        facts, _ = parse_input({"size": 8, "resample": 2, **processor}, {}, "it")
        pixel = 200.0
        shifted = (pixel - facts.mean[0]) / facts.std[0]
        return shifted, (pixel / 255)

    half = {"image_mean": 0.5, "image_std": 0.25}
    assert scale(**half)[0] == pytest.approx((200 / 255 - 0.5) / 0.25)
    assert scale(do_normalize=False)[0] == pytest.approx(200 / 255)
    assert scale(do_normalize=False, do_rescale=False)[0] == 200
    assert scale(do_rescale=False, image_mean=127.5, image_std=127.5)[0] == pytest.approx((200 - 127.5) / 127.5)
    assert scale(rescale_factor=1 / 127.5, rescale_offset=True, do_normalize=False)[0] == pytest.approx(200 / 127.5 - 1)
    assert parse_input({"size": 8, "do_flip_channel_order": True}, {}, "it")[0].channels == "BGR"


def test_what_was_assumed_is_told() -> None:
    _, notes = parse_input({"resample": 1}, {}, "hf:a/b")
    assert notes == (
        "hf:a/b: no size, so 224 is assumed",
        "hf:a/b: no image_mean and image_std, so ImageNet's are assumed",
        "hf:a/b: it resamples by filter 1 of Pillow's; bicubic is used",
    )
    assert parse_input({**IMAGENET, "size": 8}, {}, "it")[1] == ()
    timm = {"pretrained_cfg": {"input_size": [3, 240, 240], "crop_pct": 0.95, "mean": [0.5] * 3, "std": [0.5] * 3,
                               "interpolation": "bilinear"}}  # fmt: skip
    facts, notes = parse_input(None, timm, "it")
    assert (facts.size, facts.resize, facts.interpolation, notes) == (240, 252, "bilinear", ())
    assert facts.mean == (127.5, 127.5, 127.5)


@pytest.mark.parametrize(
    "processor",
    [{"size": {"height": 224, "width": 192}}, {"size": "big"}, {"size": {"longest_edge": 9}}, {"size": 0},
     {"size": 10**6},
     {"size": 8, "image_mean": [1, 2]}, {"size": 8, "image_mean": ["x", 1, 2]}, {"size": 8, "rescale_factor": 0},
     {"size": 8, "do_center_crop": True, "crop_size": 9}, {"size": 8, "crop_pct": 0}],
)  # fmt: skip
def test_preprocessing_that_can_not_be_done(processor: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="it: its preprocessing can't be understood"):
        parse_input(processor, {}, "it")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_config_that_is_none(data: bytes, hub: HubServer, puller: Puller) -> None:
    hub.put("some-one/tiny.net", "config.json", data)
    puller.pull(NAME)
    with pytest.raises(ModelError, match=r"config\.json"):
        opened(NAME)


def test_meanings_of_labels() -> None:
    assert synset_of_names(("crane",)) == "n03126707", "the machine, no poet"
    assert synset_of_names(("hot dog",)) == "n07697537"
    assert synset_of_names(("maillot", "tank suit")) == "n03710721"
    assert synset_of_names(("Golden Retriever",)) == "n02099601"
    assert synset_of_names(("baby back ribs",)) is None
