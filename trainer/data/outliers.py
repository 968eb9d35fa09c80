"""Stub."""

from trainer.data.digits import Digits


def is_outlier(text: str) -> bool:
    return text.isalpha() and text.isascii() and text not in "OoDQIiljLJTSsZzBbGgqCcUuYyePaR"


def synthetic_outliers(n: int, seed: int, kind: str | None = None) -> Digits:
    import torch

    from trainer.data.digits import NOT_A_DIGIT

    g = torch.Generator().manual_seed(seed)
    return Digits(
        f"synthetic outliers, seed {seed}",
        torch.randint(0, 255, (n, 28, 28), generator=g, dtype=torch.uint8),
        torch.full((n,), NOT_A_DIGIT),
    )
