import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from digitpad.training.messages import BatchDone, EpochDone
from digitpad.training.recipe import PATIENT, SEED
from digitpad.verdict import NOT_A_DIGIT
from trainer.data.digits import Digits
from trainer.loop import DivergedError, Run, accuracy, logits
from trainer.net import Net
from trainer.optim import autocast, lr_factor
from trainer.teacher import Teacher, distillation_loss
from trainer.transforms import augment_seed, normalize

CPU = torch.device("cpu")
SHORT = replace(SEED, epochs=4)


def last(digits):
    return digits.part(slice(-140, None), "last")


def never():
    return False


def train(digits, recipe=SHORT, *, seed=0, should_stop=never):
    run = Run(recipe, digits.part(slice(-140), "training"), last(digits), seed=seed, device=CPU)
    return run, list(run.train(should_stop))


def test_a_run_reports_its_progress_and_learns(blobs):
    run, messages = train(blobs)
    assert messages[0].batches_per_epoch == 8
    epochs = [message for message in messages if isinstance(message, EpochDone)]
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert epochs == run.history
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].train_accuracy > epochs[0].train_accuracy
    assert epochs[-1].validation_accuracy == accuracy(run.net, last(blobs)) > 0.95
    assert epochs[-1].seconds_left == 0
    assert run.epochs_done == 4
    assert not run.net.training


def test_the_steps_of_the_recipe_patient_match_a_plain_loop(blobs):
    # The blobs do not follow the MNIST rule, as the augmentation of `pad` would make them do.
    recipe = replace(PATIENT, epochs=1, batch_size=320, augmentation="seed")
    few = blobs.part(slice(20), "few")
    run = Run(recipe, blobs, None, outliers=few, seed=0, device=CPU)
    *_, done = run.train(never)

    torch.manual_seed(0)
    net, teacher = Net(dropout=0.0), Teacher()
    for each in (net, teacher):
        each.to(memory_format=torch.channels_last).train()
    velocity = {p: torch.zeros_like(p) for each in (net, teacher) for p in each.parameters()}
    generator = torch.Generator().manual_seed(0)
    averages = {}
    for step, chosen in enumerate(torch.randperm(640, generator=generator).split(320)):
        outliers = blobs.images[torch.randint(20, (32,), generator=generator)]
        images = torch.cat([blobs.images[chosen], outliers])
        x = normalize(augment_seed(images, generator))
        labels = blobs.labels[chosen]
        with autocast(CPU):
            x = x.contiguous(memory_format=torch.channels_last)
            logits, teacher_logits = net(x).float(), teacher(x[:320]).float()
        flat = torch.full((32, 10), 0.1)
        loss = distillation_loss(logits[:320], teacher_logits, labels)
        loss = loss + 0.12 * F.cross_entropy(logits[320:], flat)
        (loss + F.cross_entropy(teacher_logits, labels)).backward()
        learning_rate = 0.2 * lr_factor(recipe, step, batches_per_epoch=2)
        with torch.no_grad():
            for each, lr in ((net, learning_rate), (teacher, learning_rate / 2)):
                for p in each.parameters():
                    if p.grad is not None:
                        gradient = p.grad + (1e-3 * p if p.ndim > 1 else 0)
                        velocity[p].mul_(0.9).add_(gradient)
                        p.sub_(lr * (gradient + 0.9 * velocity[p]))
                        p.grad = None
        decay = 2 / 11 if step else 0  # of the EMA, whose warm-up lasts longer than two steps
        for name, tensor in floats(net).items():
            averages[name] = decay * averages.get(name, 0) + (1 - decay) * tensor
    state = run.state()
    for found, expected in (
        (state["net"], floats(net)),
        (state["teacher"], floats(teacher)),
        (run.net.state_dict(), averages),
    ):
        for name, tensor in expected.items():
            torch.testing.assert_close(found[name], tensor, atol=1e-4, rtol=1e-3)
    assert done.learning_rate == pytest.approx(learning_rate)


def floats(net):
    return {name: x for name, x in net.state_dict().items() if x.is_floating_point()}


def test_a_share_of_each_batch_is_ink(blobs):
    # The Net can learn nothing about blobs from the blank images, so it learns from the ink.
    blank = Digits("blank", torch.zeros(800, 28, 28, dtype=torch.uint8), torch.zeros(800).long())
    recipe = replace(SEED, epochs=4, ink_share=0.5, batch_size=100)
    run = Run(recipe, blank, None, ink=blobs, seed=0, device=CPU)
    messages = list(run.train(never))
    assert messages[0].batches_per_epoch == 16  # 50 images and 50 drawings each
    assert accuracy(run.net, blobs) > 0.9


def test_the_net_learns_to_answer_outliers_flatly(blobs):
    blank = Digits(
        "blank", torch.zeros(9, 28, 28, dtype=torch.uint8), torch.full((9,), NOT_A_DIGIT)
    )
    recipe = replace(SEED, epochs=4, outliers=16, outlier_weight=0.5)
    run = Run(recipe, blobs, None, outliers=blank, seed=0, device=CPU)
    list(run.train(never))
    probabilities = logits(run.net, blank).softmax(dim=1)
    assert probabilities.max() < 0.2
    assert accuracy(run.net, blobs) > 0.95


def test_the_same_seed_ends_with_the_same_weights(blobs):
    first, second, other = (
        train(blobs, replace(SEED, epochs=1), seed=seed)[0].net.state_dict() for seed in (3, 3, 4)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["fc2.weight"], other["fc2.weight"])


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(blobs):
    def new():
        short = replace(PATIENT, epochs=3, dropout=0.1)
        few = blobs.part(slice(300), "few")
        data = {"ink": last(blobs), "outliers": last(blobs)}
        return Run(short, few, last(blobs), **data, seed=3, device=CPU)

    content = io.BytesIO()
    whole = new()
    for message in whole.train(never):
        if isinstance(message, EpochDone) and message.epoch == 1:
            torch.save(whole.state(), content)
    content.seek(0)
    resumed = new()
    resumed.restore(torch.load(content, weights_only=True))
    messages = [each for each in resumed.train(never) if not isinstance(each, BatchDone)]
    assert messages[0].epochs_done == 1
    assert messages[1] == whole.history[0]
    assert [epoch.epoch for epoch in messages[1:]] == [1, 2, 3]
    expected, weights = whole.net.state_dict(), resumed.net.state_dict()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances by `clock.step` seconds at each call."""
    clock = SimpleNamespace(now=0.0, step=3600.0)

    def monotonic():
        clock.now += clock.step
        return clock.now

    monkeypatch.setattr("time.monotonic", monotonic)
    return clock


def test_the_seconds_count_all_epochs_but_not_the_interruption(blobs, clock):
    whole = Run(SHORT, blobs, last(blobs), seed=0, device=CPU)
    states = [whole.state() for message in whole.train(never) if isinstance(message, EpochDone)]
    seconds = [state["seconds"] for state in states]
    assert seconds[0] > 0
    assert seconds == [seconds[0] * epoch for epoch in (1, 2, 3, 4)]
    assert seconds[-1] == whole.seconds

    clock.now += 1e6  # the interruption
    resumed = Run(SHORT, blobs, last(blobs), seed=0, device=CPU)
    resumed.restore(states[1])
    messages = list(resumed.train(never))
    assert resumed.seconds == whole.seconds
    left = [message.seconds_left for message in messages if isinstance(message, EpochDone)]
    assert left == [3 * seconds[0], 2 * seconds[0], seconds[0], 0]  # two are reported again


def test_the_time_left_follows_the_speed_of_the_last_two_epochs(blobs, clock):
    run = Run(SHORT, blobs, None, seed=0, device=CPU)
    for message in run.train(never):
        if isinstance(message, EpochDone) and message.epoch == 1:
            clock.step /= 100  # whatever else ran on the machine has ended
    paces = [epoch.seconds_left / (4 - epoch.epoch) for epoch in run.history[:3]]
    assert paces[2] == pytest.approx(paces[0] / 100, rel=0.01)


def test_stops_after_the_current_batch(blobs):
    answers = iter([False, False, True])
    run, messages = train(blobs, should_stop=lambda: next(answers))
    assert run.epochs_done == 3 / 8
    assert not any(isinstance(message, EpochDone) for message in messages)
    assert not run.net.training


def test_a_batch_is_reported_with_the_accuracy_of_recent_batches(blobs, clock):
    clock.step = 0.3  # a message for each batch
    run = Run(replace(SEED, epochs=2), blobs, None, seed=0, device=CPU)
    _, *messages = run.train(never)
    batches = [each for each in messages if isinstance(each, BatchDone)]
    first, _ = (each for each in messages if isinstance(each, EpochDone))
    last_of_first = [each for each in batches if each.epoch == 1][-1]
    assert last_of_first.accuracy > first.train_accuracy + 0.05  # it has learned in that epoch
    assert last_of_first.loss < first.loss
    first_of_second = next(each for each in batches if each.epoch == 2)
    assert first_of_second.accuracy > first.train_accuracy + 0.05


def test_reports_batches_at_most_every_quarter_of_a_second(blobs, clock):
    clock.step = 0.1
    run = Run(replace(SEED, epochs=1), blobs, None, seed=0, device=CPU)
    _, *batches, done = run.train(never)
    assert all(isinstance(message, BatchDone) for message in batches)
    assert [message.batch for message in batches] == [3, 6, 9]
    assert [message.seconds_left for message in batches] == pytest.approx([0.9, 0.5, 0.1], abs=0.1)
    assert all(0 < message.accuracy <= 1 for message in batches)
    assert done.validation_accuracy is None


@pytest.mark.parametrize(
    ("stop", "reason"), [(False, "the loss became nan"), (True, "a weight became NaN or infinite")]
)
def test_a_diverged_run_raises_whether_it_finishes_or_is_stopped(blobs, stop, reason):
    run = Run(replace(SHORT, learning_rate=float("inf")), blobs, None, seed=0, device=CPU)
    with pytest.raises(DivergedError, match=f"^{reason} in epoch 1; try again with another seed"):
        list(run.train(lambda: stop))
