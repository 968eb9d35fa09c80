"""torchvision, importable beside a torch build that its compiled part does not fit.

torchvision's Linux wheel is linked against CUDA. Beside a CPU build of torch, its library `_C`
cannot be loaded, and `import torchvision` fails with "operator torchvision::nms does not exist": it
registers two operators that only `_C` declares. This module declares them first. They have no
implementation, which does no harm: datasets and transforms never call them.
"""

from importlib.util import find_spec
from pathlib import Path

import torch


def _compiled_part_loads() -> bool:
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # not installed: the import below raises the error
    try:
        for library in Path(spec.origin).parent.glob("_C.*"):
            torch.ops.load_library(library)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "nms")


if not _compiled_part_loads():
    # At module level, because the declarations last only as long as the Library object.
    _operators = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision import datasets, transforms  # noqa: E402

__all__ = ["datasets", "transforms"]
