"""torchvision, made importable beside a torch that its compiled part does not fit.

torchvision's wheel for Linux is linked against CUDA. Beside a CPU-only torch its `_C` library
cannot be loaded, and `import torchvision` dies with "operator torchvision::nms does not exist":
it describes two operators that only `_C` declares. Declaring them first lets the import through.
They stay without code, which is no loss: transforms and datasets never call them.
"""

from importlib.util import find_spec
from pathlib import Path

import torch


def _compiled_part_loads() -> bool:
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # not installed: let the import below say so
    try:
        for library in Path(spec.origin).parent.glob("_C.*"):
            torch.ops.load_library(library)
    except OSError:
        return False
    return hasattr(torch.ops.torchvision, "nms")


if not _compiled_part_loads():
    # At module level: the declarations go when the Library object does.
    _operators = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision import datasets, transforms  # noqa: E402

__all__ = ["datasets", "transforms"]
