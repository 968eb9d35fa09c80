import torch
import torch.nn.functional as F

from trainer.teacher import Teacher, distillation_loss


def test_maps_images_to_logits_with_119698_parameters():
    assert sum(parameter.numel() for parameter in Teacher().parameters()) == 119_698
    assert Teacher().eval()(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_the_loss_is_nine_tenths_the_teachers_and_moves_only_the_net():
    torch.manual_seed(0)
    teacher_logits = (3 * torch.randn(20, 10)).requires_grad_()
    labels = teacher_logits.argmax(dim=1)
    logits = torch.randn(20, 10, requires_grad=True)
    loss = distillation_loss(logits, teacher_logits, labels)
    from_labels = F.cross_entropy(logits, labels)
    from_teacher = 4 * F.cross_entropy(logits / 2, (teacher_logits / 2).softmax(dim=1))
    torch.testing.assert_close(loss, 0.1 * from_labels + 0.9 * from_teacher)
    loss.backward()
    assert logits.grad is not None
    assert teacher_logits.grad is None
