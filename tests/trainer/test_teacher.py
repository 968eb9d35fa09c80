from copy import deepcopy
from dataclasses import replace

import torch
import torch.nn.functional as F

from digitpad.recipe import PAD
from trainer.loop import Run, autocast
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


def test_the_net_learns_by_its_answers_and_it_by_the_labels(blobs):
    run = Run(PAD, blobs, None, seed=0, device=torch.device("cpu"))
    before = deepcopy((run._net, run._teacher))
    seen = {}
    for name, net in (("net", run._net), ("teacher", run._teacher)):
        net.register_forward_hook(
            lambda _net, inputs, logits, name=name: seen.update({name: (*inputs, logits.float())})
        )
    run._step(blobs.images, blobs.labels)
    (x, _), (same_x, answers) = seen["net"], seen["teacher"]
    assert torch.equal(x, same_x)
    net, teacher = before
    with autocast(x.device):
        logits = net(x).float()
    distillation_loss(logits, answers.detach(), blobs.labels).backward()
    assert_same_gradients(run._net, net)
    # Its dropout: again the first random numbers after the initial weights of both.
    Run(PAD, blobs, None, seed=0, device=torch.device("cpu"))
    with autocast(x.device):
        logits = teacher(x).float()
    F.cross_entropy(logits, blobs.labels).backward()
    assert_same_gradients(run._teacher, teacher)


def assert_same_gradients(net, expected):
    for (name, found), parameter in zip(net.named_parameters(), expected.parameters(), strict=True):
        assert (found.grad is None) == (parameter.grad is None), name
        if found.grad is not None:
            scale = float(parameter.grad.abs().max()) + 1e-3
            torch.testing.assert_close(
                found.grad / scale, parameter.grad / scale, atol=1e-3, rtol=0, msg=name
            )


def test_it_learns(blobs):
    # Blobs do not follow the MNIST rule, as the augmentation of `pad` would have them do.
    recipe = replace(PAD, epochs=4, batch_size=64, augmentation="seed")
    run = Run(recipe, blobs, None, seed=0, device=torch.device("cpu"))
    list(run.train(lambda: False))
    with torch.inference_mode():
        answers = run._teacher.eval()(normalize(to_unit(blobs.images))).argmax(dim=1)
    assert (answers == blobs.labels).float().mean() > 0.9
