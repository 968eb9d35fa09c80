from dataclasses import replace

import torch
import torch.nn.functional as F

from trainer.loop import Run
from trainer.recipe import PAD
from trainer.teacher import RATE, Teacher, distillation_loss
from trainer.transforms import normalize, to_unit


def test_it_reads_images_as_the_net_does():
    assert sum(parameter.numel() for parameter in Teacher().parameters()) == 119_698
    assert Teacher().eval()(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_the_loss_is_least_where_the_answers_are_the_teachers_and_moves_only_the_net():
    torch.manual_seed(0)
    teacher_logits = (3 * torch.randn(20, 10)).requires_grad_()
    labels = teacher_logits.argmax(dim=1)
    others = torch.randn(20, 10)
    alike = distillation_loss(teacher_logits.detach(), teacher_logits, labels)
    assert alike < distillation_loss(others, teacher_logits, labels)
    logits = others.clone().requires_grad_()
    distillation_loss(logits, teacher_logits, labels).backward()
    assert teacher_logits.grad is None
    of_labels = F.cross_entropy(others, labels)
    of_teacher = 4 * F.cross_entropy(others / 2, (teacher_logits / 2).softmax(dim=1))
    expected = 0.1 * of_labels + 0.9 * of_teacher
    torch.testing.assert_close(distillation_loss(others, teacher_logits, labels), expected)


def test_it_learns_more_slowly_than_the_net(blobs):
    run = Run(PAD, blobs, None, seed=0, device=torch.device("cpu"))
    rate_of = {id(p): g["lr"] for g in run._optimizer.param_groups for p in g["params"]}
    net, teacher = (
        {rate_of[id(p)] for p in each.parameters()} for each in (run._net, run._teacher)
    )
    assert teacher == {RATE * rate for rate in net}


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
    with torch.inference_mode():
        its_answers = taught._teacher.eval()(normalize(ink.clone())).argmax(dim=1)
    assert (its_answers == blobs.labels).float().mean() > 0.9  # it learns itself
    x = normalize((ink + ink.flip(0)) / 2)  # two blobs each: here there is something to disagree on
    with torch.inference_mode():
        soft_targets = taught._teacher.eval()(x).softmax(dim=1)
        far, near = (
            F.kl_div(run.net(x).log_softmax(dim=1), soft_targets, reduction="batchmean")
            for run in (alone, taught)
        )
    assert near < far
