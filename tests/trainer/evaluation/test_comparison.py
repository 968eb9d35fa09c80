from pathlib import Path

import numpy as np
import pytest
import torch

from digitpad.recognizer import Recognizer
from digitpad.training.messages import Compared
from trainer.evaluation.comparison import (
    Baseline,
    compare,
    has_learned,
    has_learned_drawings,
    mcnemar,
    obstacle,
    recorded_accuracy,
)
from trainer.net import Net
from trainer.run.weights import write_weights

BASELINE = Path("in-use.safetensors")
MNIST = "0123"  # stands for the hash of all of MNIST's training images


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1),
        (1, 0, 1),
        (5, 0, 2 / 2**5),
        (6, 0, 2 / 2**6),
        (10, 2, 2 * (1 + 12 + 66) / 2**12),
        (300, 300, 1),
        (2_600, 2_400, 0.0049),  # (|b − c| − 1)² / (b + c) is 7.92: χ² with 1 degree of freedom
        (5_000, 0, 0),
    ],
)
def test_mcnemars_test(only_first, only_second, p):
    assert mcnemar(only_first, only_second) == pytest.approx(p, rel=0.01)
    assert mcnemar(only_second, only_first) == mcnemar(only_first, only_second)


@pytest.mark.parametrize(
    ("new_errors", "baseline_errors", "verdict", "explanation"),
    [
        (range(24), range(30), "better", "99.52 % against 99.40 % correct on {} (p = 0.031)"),
        (range(30), range(24), "worse", "99.40 % against 99.52 % correct on {} (p = 0.031)"),
        (range(25), range(30), "equal", "99.50 % against 99.40 % correct on {} (p = 0.062)"),
        (range(25), range(50, 75), "equal", "99.50 % against 99.50 % correct on {} (p = 1)"),
        (range(1), range(50, 99), "better", "99.98 % against 99.02 % correct on {} (p < 0.001)"),
    ],
)
def test_weights_are_better_or_worse_if_the_difference_is_significant(
    new_errors, baseline_errors, verdict, explanation
):
    labels = np.full(5_000, 3)
    new, baseline = labels.copy(), labels.copy()
    new[new_errors], baseline[baseline_errors] = 8, 5
    compared = compare(BASELINE, labels=labels, new=new, baseline=baseline)
    explanation = explanation.format("MNIST's last 5,000 training images")
    assert compared == Compared(str(BASELINE), verdict, explanation)


@pytest.mark.parametrize(
    ("data", "learned"),
    [
        ([{"sha256": "4567"}, {"sha256": MNIST}], True),
        ([{"sha256": "4567"}], False),
        ([{"sha256": MNIST}, {"name": "ink"}], True),
        ([{"sha256": "4567"}, {"name": "ink"}], None),
        ([{"sha256": None}], None),
        (["MNIST"], None),
        ([], None),
        ("MNIST", None),
        (None, None),
    ],
)
def test_what_weights_have_learned_follows_from_their_metadata(data, learned):
    assert has_learned({"data": data}, MNIST) is learned


@pytest.mark.parametrize(
    ("names", "learned"),
    [
        (["MNIST train"], False),
        (["MNIST train", "mine.ndjson"], True),
        (["mine.ndjson without held-out"], False),
        (["mine.ndjson without writers 26-30, held-out"], False),
        (["mine.ndjson without writers 26-30"], True),
        (["other.ndjson"], False),
        ([None], None),
    ],
)
def test_held_out_drawings_are_not_learned_if_the_weights_held_them_out_too(names, learned):
    metadata = {"data": [{"name": name, "sha256": "4567"} for name in names]}
    assert has_learned_drawings(metadata, "mine.ndjson, held-out") is learned


OTHER, ALL, UNKNOWN = {"data": [{"sha256": "4567"}]}, {"data": [{"sha256": MNIST}]}, {}


@pytest.mark.parametrize(
    ("new", "baseline", "reason"),
    [
        (OTHER, OTHER, None),
        (OTHER, ALL, "the weights in use have learned MNIST's last 5,000 training images"),
        (ALL, OTHER, "these weights have learned MNIST's last 5,000 training images"),
        (OTHER, UNKNOWN, "it is not known which images the weights in use have learned from"),
        (UNKNOWN, OTHER, "it is not known which images these weights have learned from"),
    ],
)
def test_weights_that_have_learned_the_images_cannot_be_compared(new, baseline, reason):
    assert obstacle(new, baseline, MNIST) == reason


@pytest.mark.parametrize(
    ("metrics", "accuracy"),
    [
        ([{"sha256": "other", "accuracy": 0.5}, {"sha256": "split", "accuracy": 0.75}], 0.75),
        ([{"sha256": "split", "accuracy": 1}], 1.0),
        ([{"sha256": "split", "accuracy": 75}], None),
        ([{"sha256": "split", "accuracy": "0.75"}], None),
        ([{"sha256": "split"}, "split"], None),
        ([{"split": "MNIST test", "accuracy": 0.75}], None),  # written before splits had hashes
        ({"sha256": "split"}, None),
        (None, None),
    ],
)
def test_recorded_accuracies_are_found_by_hash(metrics, accuracy):
    assert recorded_accuracy({"metrics": metrics}, "split") == accuracy


@pytest.fixture
def weights(tmp_path):
    """Writes an untrained Net with the given metadata."""

    def weights_(name, **metadata):
        torch.manual_seed(1)
        write_weights(tmp_path / name, Net(), metadata)
        return tmp_path / name

    return weights_


def test_a_baseline_has_the_recorded_accuracy_or_computes_it(weights, blobs):
    baseline = Baseline(weights("net.safetensors"))
    expected = float((baseline.predictions(blobs) == blobs.labels.numpy()).mean())
    assert baseline.accuracy(blobs, evaluate=False) is None
    assert baseline.accuracy(blobs, evaluate=True) == expected
    recorded = [{"sha256": blobs.describe()["sha256"], "accuracy": 0.5}]
    baseline = Baseline(weights("net.safetensors", metrics=recorded))
    assert baseline.accuracy(blobs, evaluate=True) == 0.5


def test_a_baseline_is_compared_by_its_file_and_data(weights, blobs):
    new = Recognizer(weights("new.safetensors", **OTHER))
    equal = Baseline(weights("in-use.safetensors", **OTHER)).compare(new, blobs)
    assert equal.verdict == "equal"
    assert equal.explanation.endswith("(p = 1)")
    learned = Baseline(weights("in-use.safetensors", data=[blobs.describe()])).compare(new, blobs)
    assert learned.verdict == "unknown"
    assert learned.explanation.startswith("the weights in use have learned")


def test_a_baseline_that_cannot_be_read_has_no_figures(tmp_path, weights, blobs):
    baseline = Baseline(tmp_path / "missing.safetensors")
    assert baseline.accuracy(blobs, evaluate=True) is None
    compared = baseline.compare(Recognizer(weights("new.safetensors", **OTHER)), blobs)
    assert compared.verdict == "unknown"
    assert "missing.safetensors: there is no such file" in compared.explanation
