"""The command `evaluate`: evaluates a weights file."""

from __future__ import annotations

import json

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from trainer.data.mnist import load_mnist
from trainer.evaluation.metrics import evaluate_split
from trainer.options import EvaluateOptions
from trainer.run.output import check_writable
from trainer.run.report import say
from trainer.run_data import data_dir, ink_splits, outlier_splits


def evaluate(options: EvaluateOptions) -> None:
    """Evaluate a weights file on MNIST's test set and on ink files, and print and plot the result.

    Raises DataError, OutputError and WeightsError.
    """
    if options.plot:
        check_writable(options.plot, "--plot")
    weights = options.weights or bundled_weights()
    recognizer = Recognizer(weights)
    temperature, thresholds = recognizer.temperature, recognizer.thresholds
    splits = [
        load_mnist(data_dir(options), train=False, report=say),
        *ink_splits(options),
        *outlier_splits(),
    ]
    logits = [recognizer.logits(split.images.numpy()) for split in splits]
    evaluations = [
        evaluate_split(split, each, temperature, thresholds)
        for split, each in zip(splits, logits, strict=True)
    ]
    named = list(zip([split.name for split in splits], evaluations, strict=True))
    if options.json:
        content = {
            "weights": str(weights),
            "temperature": temperature,
            "verdict": recognizer.metadata.get("verdict"),
            "evaluations": [{"split": name} | evaluation.to_json() for name, evaluation in named],
        }
        print(json.dumps(content))
    else:
        print("\n\n".join(evaluation.to_text(name) for name, evaluation in named))
    if options.plot:
        from trainer.evaluation.plot import write_plot  # noqa: PLC0415  # it imports matplotlib

        evaluated = list(zip(evaluations, splits, logits, strict=True))
        write_plot(options.plot, evaluated, temperature, thresholds)
