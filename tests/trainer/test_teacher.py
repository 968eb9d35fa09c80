from dataclasses import replace

import torch
import torch.nn.functional as F

from trainer.loop import Run
from trainer.recipe import PAD
from trainer.teacher import Teacher, distillation_loss
from trainer.transforms import normalize, to_unit


def test_it_reads_images_as_the_net_does():
    assert sum(parameter.numel() for parameter in Teacher().parameters()) == 119_698
    assert Teacher().eval()(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_the_loss_is_least_where_the_answers_are_the_teachers_and_moves_only_the_net():
    torch.manual_seed(0)
    teachers = (3 * torch.randn(20, 10)).requires_grad_()
    labels = teachers.argmax(dim=1)
    others = torch.randn(20, 10)
    alike = distillation_loss(teachers.detach(), teachers, labels)
    assert alike < distillation_loss(others, teachers, labels)
    logits = others.clone().requires_grad_()
    distillation_loss(logits, teachers, labels).backward()
    assert teachers.grad is None
    of_labels = F.cross_entropy(others, labels)
    of_teacher = 4 * F.cross_entropy(others / 2, (teachers / 2).softmax(dim=1))
    expected = 0.1 * of_labels + 0.9 * of_teacher
    torch.testing.assert_close(distillation_loss(others, teachers, labels), expected)


def test_the_net_learns_from_it(blobs):
    # Blobs do not follow the MNIST rule, as the augmentation of `pad` would have them do.
    recipe = replace(PAD, epochs=4, batch_size=64, augmentation="seed")
    alone, taught = (
        Run(replace(recipe, teacher=teacher), blobs, None, seed=0, device=torch.device("cpu"))
        for teacher in (False, True)
    )
    for run in (alone, taught):
        list(run.train(lambda: False))
    assert not torch.equal(alone.net.fc2.weight, taught.net.fc2.weight)
    ink = to_unit(blobs.images)
    x = normalize((ink + ink.flip(0)) / 2)  # two blobs each: here there is something to disagree on
    with torch.inference_mode():
        teachers = taught._teacher.eval()(x).softmax(dim=1)
        far, near = (
            F.kl_div(run.net(x).log_softmax(dim=1), teachers, reduction="batchmean")
            for run in (alone, taught)
        )
    assert near < far
