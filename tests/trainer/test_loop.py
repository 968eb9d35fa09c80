import io
from dataclasses import replace

import pytest
import torch

from digitpad.recipe import PAD, SEED
from digitpad.training_messages import BatchDone, EpochDone, RunStarted
from trainer.data.digits import Digits
from trainer.loop import Run, TrainingError, accuracy

CPU = torch.device("cpu")
SHORT = replace(SEED, epochs=4)


def last(digits):
    return digits.part(slice(-140, None), "last")


def run(digits, recipe=SHORT, *, seed=0, should_stop=lambda: False):
    run = Run(recipe, digits.part(slice(-140), "training"), last(digits), seed=seed, device=CPU)
    return run, list(run.train(should_stop))


def test_learns(blobs):
    trained, messages = run(blobs)
    assert not trained.net.training
    assert accuracy(trained.net, last(blobs)) > 0.95
    epochs = [message for message in messages if isinstance(message, EpochDone)]
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert epochs[-1].validation_accuracy == accuracy(trained.net, last(blobs))
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].train_accuracy > epochs[0].train_accuracy
    assert epochs[-1].seconds_left == 0
    assert trained.epochs_done == 4


def test_says_first_what_it_will_do(blobs):
    _, messages = run(blobs)
    first = messages[0]
    assert isinstance(first, RunStarted)
    assert first.recipe["name"] == "seed"
    assert first.data == "training"
    assert (first.epochs, first.batches_per_epoch) == (4, 8)
    assert (first.training_images, first.validation_images) == (500, 140)


def test_the_learning_rate_steps_down_after_its_epochs(blobs):
    _, messages = run(blobs.part(slice(200), "few"), replace(SEED, epochs=16))
    rates = [message.learning_rate for message in messages if isinstance(message, EpochDone)]
    assert rates == pytest.approx([1e-3] * 15 + [1e-4])


def test_the_one_cycle_rate_rises_then_falls_to_nearly_nothing(blobs):
    _, messages = run(blobs, replace(PAD, epochs=20, batch_size=64))
    rates = [message.learning_rate for message in messages if isinstance(message, EpochDone)]
    assert rates[:3] == sorted(rates[:3])
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[2] == pytest.approx(PAD.learning_rate, rel=0.02)
    assert rates[-1] < PAD.learning_rate / 50


def test_a_share_of_each_batch_is_ink(blobs):
    # The images say nothing, so what the Net knows of blobs it has from the ink alone.
    blank = Digits("blank", torch.zeros(800, 28, 28, dtype=torch.uint8), torch.zeros(800).long())
    # Blobs do not follow the MNIST rule, as the augmentation of `pad` would have them do.
    recipe = replace(PAD, epochs=8, ink_share=0.5, batch_size=100, augmentation="seed")
    run = Run(recipe, blank, None, ink=blobs, seed=0, device=CPU)
    messages = list(run.train(lambda: False))
    assert messages[0].batches_per_epoch == 16  # 50 images and 50 drawings each
    assert accuracy(run.net, blobs) > 0.9


def test_the_average_is_of_the_weights_on_the_way(blobs):
    averaged, last = (run(blobs, replace(SHORT, ema_decay=a))[0].net.state_dict() for a in (0.9, 0))
    assert not torch.equal(averaged["fc2.weight"], last["fc2.weight"])
    torch.testing.assert_close(averaged["fc2.weight"], last["fc2.weight"], atol=0.05, rtol=0.5)
    assert not torch.equal(averaged["bn1.running_var"], last["bn1.running_var"])


def test_the_same_seed_ends_with_the_same_weights(blobs):
    first, second, other = (run(blobs, seed=seed)[0].net.state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["fc2.weight"], other["fc2.weight"])


@pytest.mark.parametrize("recipe", [PAD, SEED], ids=lambda recipe: recipe.name)
def test_goes_on_from_its_state_as_if_it_had_not_been_interrupted(blobs, recipe):
    def new():
        short = replace(recipe, epochs=3, dropout=0.1)
        return Run(short, blobs, last(blobs), ink=last(blobs), seed=3, device=CPU)

    content = io.BytesIO()
    whole = new()
    whole_messages = []
    for message in whole.train(lambda: False):
        whole_messages.append(message)
        if isinstance(message, EpochDone) and message.epoch == 1:
            torch.save(whole.state(), content)
    content.seek(0)
    resumed = new()
    resumed.restore(torch.load(content, weights_only=True))
    before = resumed.seconds
    assert 0 < before < whole.seconds
    messages = list(resumed.train(lambda: False))
    assert messages[0].epochs_done == 1
    told = [each for each in whole_messages if isinstance(each, EpochDone)]
    epochs = [each for each in messages if isinstance(each, EpochDone)]
    assert [each.epoch for each in epochs] == [1, 2, 3]
    assert epochs[0] == told[0]
    assert messages[-1].seconds_left == 0
    assert resumed.seconds > before
    expected, weights = whole.net.state_dict(), resumed.net.state_dict()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_the_seconds_are_those_of_all_that_it_learned(blobs, monkeypatch):
    now = 0.0

    def clock():  # an hour later whenever it is asked
        nonlocal now
        now += 3600
        return now

    monkeypatch.setattr("trainer.loop.time.monotonic", clock)
    whole = Run(SHORT, blobs, last(blobs), seed=0, device=CPU)
    states = [
        whole.state() for message in whole.train(lambda: False) if isinstance(message, EpochDone)
    ]
    seconds = [state["seconds"] for state in states]
    assert seconds[0] > 0
    assert seconds == [seconds[0] * epoch for epoch in (1, 2, 3, 4)]  # as many looks in each
    assert seconds[-1] == whole.seconds

    now += 1e6  # nobody trains
    resumed = Run(SHORT, blobs, last(blobs), seed=0, device=CPU)
    resumed.restore(states[1])
    messages = list(resumed.train(lambda: False))
    assert resumed.seconds == whole.seconds
    left = [message.seconds_left for message in messages if isinstance(message, EpochDone)]
    assert left == [3 * seconds[0], 2 * seconds[0], seconds[0], 0]  # two of them told again


def test_stops_after_the_batch_at_hand(blobs):
    asked = iter([False, False, True])
    stopped, messages = run(blobs, should_stop=lambda: next(asked))
    assert stopped.epochs_done == 3 / 8
    assert not any(isinstance(message, EpochDone) for message in messages)
    assert not stopped.net.training


def test_tells_of_batches_within_the_epoch(mnist_test):
    images, labels = mnist_test
    digits = Digits("test", torch.tensor(images), torch.tensor(labels).long())
    run = Run(replace(SEED, epochs=1), digits, None, seed=0, device=CPU)
    messages = list(run.train(lambda: False))
    batches = [message for message in messages if isinstance(message, BatchDone)]
    assert len(batches) > 1
    assert [message.batch for message in batches] == sorted({message.batch for message in batches})
    assert all(0 <= message.accuracy <= 1 and message.seconds_left >= 0 for message in batches)
    assert messages[-1].validation_accuracy is None


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(blobs):
    run = Run(replace(SHORT, learning_rate=float("inf")), blobs, None, seed=0, device=CPU)
    with pytest.raises(TrainingError, match=r"the loss became .* in epoch 1; try again"):
        list(run.train(lambda: False))


def test_a_run_that_is_stopped_does_not_end_with_weights_that_are_no_numbers(blobs):
    run = Run(replace(SHORT, learning_rate=float("inf")), blobs, None, seed=0, device=CPU)
    with pytest.raises(TrainingError, match="in epoch 1; try again with another seed"):
        list(run.train(lambda: True))
