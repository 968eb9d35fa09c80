"""Accuracy on photos: what blur, poor light, JPEG, grain, rotation and shear cost, in points.

The photos are made from real handwriting. Each drawing is put on paper with a pen of its own, saved
as a picture, and read like any other. The same photos without a disturbance are the reference.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from digitpad.ink import Drawing
from digitpad.inkfile import read_ink
from digitpad.picture import PictureError, read_picture
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from trainer.data.mnist import default_data_dir

DRAWINGS = 700
MNIST_IMAGES = 300

SIZE = (300, 400)
DIGIT = 200
"""Longer side of the digit on a photo, in pixels."""

_SHARP = 4  # Pillow draws without antialiasing

Random = np.random.Generator
Labelled = tuple[Image.Image, int]
Disturbance = Callable[[Image.Image, Random], Image.Image]


@dataclass(frozen=True)
class Cost:
    """The accuracy on disturbed photos and on the clean ones, and the most points it may cost."""

    what: str
    accuracy: float
    clean: float
    bound: float = 1.0

    @property
    def value(self):
        return 100 * (self.clean - self.accuracy)

    @property
    def is_within_bound(self):
        return self.value <= self.bound

    def __str__(self):
        verdict = "ok" if self.value <= self.bound else "ABOVE"
        return (
            f"photos, {self.what}: {self.accuracy:.2%}, against clean: {self.clean:.2%}; "
            f"cost {self.value:.2f} points (≤ {self.bound:g}: {verdict})"
        )


def run():
    folder, recognizer = default_data_dir(), Recognizer(bundled_weights())
    ink_files = folder / "pen" / "pendigits-orig.tra", folder / "unipen" / "digits.ndjson"
    photos = [*drawn_photos(ink_files, DRAWINGS), *mnist_photos(folder, MNIST_IMAGES)]
    clean = accuracy(recognizer, photos)
    for name, disturb in DISTURBANCES.items():
        yield Cost(name, accuracy(recognizer, photos, disturb), clean)


def accuracy(
    recognizer: Recognizer, photos: list[Labelled], disturb: Disturbance | None = None
) -> float:
    """Accuracy on the photos, each disturbed and saved as PNG or JPEG in turn."""
    correct = 0
    for i, (photo, label) in enumerate(photos):
        changed = disturb(photo, np.random.default_rng(i)) if disturb else photo
        file = io.BytesIO()
        changed.save(file, "JPEG" if i % 2 else "PNG", quality=85, compress_level=1)
        try:
            correct += recognizer.recognize_image(read_picture(file)).digit == label
        except PictureError:  # no ink was found
            continue
    return correct / len(photos)


# Photos


def drawn_photos(ink_files: Sequence[Path], n: int) -> list[Labelled]:
    """Photos of `n` labelled drawings of pen writers 21–25 and of UNIPEN's split `choose`."""
    writers = {str(writer) for writer in range(21, 26)}
    samples = [
        sample
        for path in ink_files
        for sample in read_ink(path, _raise)
        if sample.label is not None and (sample.split == "choose" or sample.writer in writers)
    ]
    photos = []
    for i in np.linspace(0, len(samples) - 1, n).astype(int):
        rng = np.random.default_rng(i)
        photos.append((on_paper(drawn(samples[i].drawing, rng), rng), samples[i].label))
    return photos


def mnist_photos(folder: Path, n: int) -> list[Labelled]:
    """Photos of `n` of MNIST's last 5,000 training images."""
    raw = folder / "MNIST" / "raw"
    images = np.frombuffer((raw / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((raw / "train-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    scaled = (DIGIT * 28 // 20,) * 2
    photos = []
    for i in np.linspace(55_000, 59_999, n).astype(int):
        ink = Image.new("L", SIZE)
        ink.paste(
            Image.fromarray(images.reshape(-1, 28, 28)[i]).resize(scaled, Image.Resampling.BICUBIC),
            (SIZE[0] // 2 - scaled[0] // 2, SIZE[1] // 2 - scaled[1] // 2),
        )
        photos.append((on_paper(ink, np.random.default_rng(i)), int(labels[i])))
    return photos


def drawn(drawing: Drawing, rng: Random) -> Image.Image:
    """The ink of a drawing, 0–255, by a round pen, thin or thick: 4 to 14 pixels."""
    width = rng.uniform(4, 14) * _SHARP
    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = DIGIT * _SHARP / max((high - low).max(), 1e-9)
    ink = Image.new("L", (SIZE[0] * _SHARP, SIZE[1] * _SHARP))
    draw = ImageDraw.Draw(ink)
    for stroke in drawing.strokes:
        xy = (stroke.xy - (low + high) / 2) * scale + np.array(ink.size) / 2
        path = [tuple(point) for point in xy.tolist()]
        draw.line(path, 255, round(width))
        for point in path:
            draw.circle(point, width / 2, 255)
    return ink.reduce(_SHARP)


def on_paper(ink: Image.Image, rng: Random) -> Image.Image:
    """Dark ink on light paper, both of random brightness."""
    paper, dark = rng.uniform(200, 245), rng.uniform(20, 80)
    return ink.point([round(paper + (dark - paper) * level / 255) for level in range(256)])


# Disturbances


def blur(radius: float) -> Disturbance:
    return lambda photo, _rng: photo.filter(ImageFilter.GaussianBlur(radius))


def levels(gain: float, middle: float = 0) -> Disturbance:
    """Brightness, or around another `middle` contrast, times `gain`."""
    return lambda photo, _rng: photo.point(
        [int(np.clip((level - middle) * gain + middle, 0, 255)) for level in range(256)]
    )


def gradient(darkest: float) -> Disturbance:
    """Light that falls to `darkest` from one side to the other, whichever."""

    def disturb(photo, rng):
        light = np.broadcast_to(np.linspace(1, darkest, photo.width), photo.size[::-1])
        light = light if rng.random() < 0.5 else light[:, ::-1]
        return Image.fromarray((np.asarray(photo) * light).astype(np.uint8))

    return disturb


def shadow(brightness: float) -> Disturbance:
    """A slanting shadow with a soft edge across the digit."""

    def disturb(photo, rng):
        x, y = np.meshgrid(np.arange(photo.width), np.arange(photo.height))
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(1, 20)
        along = (x - photo.width / 2) * np.cos(angle) + (y - photo.height / 2) * np.sin(angle)
        light = brightness + (1 - brightness) / (1 + np.exp(np.clip(-along / soft, -50, 50)))
        return Image.fromarray((np.asarray(photo) * light).astype(np.uint8))

    return disturb


def jpeg(quality: int) -> Disturbance:
    def disturb(photo, _rng):
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=quality)
        return Image.open(file)

    return disturb


def grain(deviation: float) -> Disturbance:
    def disturb(photo, rng):
        noise = rng.normal(0, deviation, photo.size[::-1])
        return Image.fromarray(np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8))

    return disturb


def rotation(degrees: float) -> Disturbance:
    def disturb(photo, rng):
        angle = degrees * rng.choice([-1, 1])
        return photo.rotate(angle, Image.Resampling.BICUBIC, fillcolor=photo.getpixel((0, 0)))

    return disturb


def shear(amount: float) -> Disturbance:
    def disturb(photo, rng):
        slope = amount * rng.choice([-1, 1])
        matrix = (1, slope, -slope * photo.height / 2, 0, 1, 0)
        return photo.transform(
            photo.size,
            Image.Transform.AFFINE,
            matrix,
            Image.Resampling.BICUBIC,
            fillcolor=photo.getpixel((0, 0)),
        )

    return disturb


def together(*disturbances: Disturbance) -> Disturbance:
    def disturb(photo, rng):
        for each in disturbances:
            photo = each(photo, rng)
        return photo

    return disturb


DISTURBANCES = {
    "blur of 2 pixels": blur(2),
    "blur of 5 pixels": blur(5),
    "over-exposed by 1.3": levels(1.3),
    "over-exposed by 1.8": levels(1.8),
    "brightness 50 %": levels(0.5),
    "brightness 25 %": levels(0.25),
    "contrast 50 %": levels(0.5, 200),
    "contrast 25 %": levels(0.25, 200),
    "light falling to 50 %": gradient(0.5),
    "light falling to 25 %": gradient(0.25),
    "shadow of 60 %": shadow(0.6),
    "shadow of 35 %": shadow(0.35),
    "JPEG of quality 30": jpeg(30),
    "JPEG of quality 10": jpeg(10),
    "grain of 8 levels": grain(8),
    "grain of 20 levels": grain(20),
    "rotation by 5°": rotation(5),
    "rotation by 10°": rotation(10),
    "shear by 0.1": shear(0.1),
    "shear by 0.2": shear(0.2),
    "all moderate ones": together(
        rotation(5), shear(0.1), gradient(0.5), blur(2), levels(0.5, 200), grain(8), jpeg(30)
    ),
}


def _raise(number: int, reason: str) -> None:
    raise ValueError(f"line {number}: {reason}")
