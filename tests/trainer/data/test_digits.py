import torch

from trainer.data.digits import Digits


def digits(name, *labels):
    images = torch.tensor(labels, dtype=torch.uint8)[:, None, None].expand(-1, 28, 28)
    return Digits(name, images, torch.tensor(labels))


def test_parts_can_be_joined_and_split():
    joined = Digits.joined([digits("a", 1, 2), digits("b", 3)])
    assert (joined.name, len(joined), joined.labels.tolist()) == ("a and b", 3, [1, 2, 3])
    last = joined.part(slice(1, None), "last")
    assert (last.name, last.labels.tolist()) == ("last", [2, 3])
    assert last.images.equal(joined.images[1:])


def test_the_hash_depends_on_images_and_labels_but_not_on_the_name():
    one = digits("one", 1, 2)
    assert one.sha256 == digits("other name", 1, 2).sha256
    assert one.sha256 != Digits("one", one.images, torch.tensor([1, 3])).sha256
    assert one.sha256 != Digits("one", one.images + 1, one.labels).sha256
    assert one.describe() == {"name": "one", "images": 2, "sha256": one.sha256}
