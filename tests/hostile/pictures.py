"""Pictures that are large, damaged, or show more than the digit."""

from __future__ import annotations

import io
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from tests.hostile.files import DIGITPAD, problem_of
from tests.hostile.process import run

Image.MAX_IMAGE_PIXELS = None

SEVEN = [(95, 80), (215, 80), (125, 320)]
SIZE = (300, 400)


def attacks():
    for name, save in LARGE.items():
        yield f"large picture, {name}", partial(take_little, save)
    for name, make in SEVENS.items():
        yield f"a 7, {name}", partial(answer_seven, make)
    for name, make in NUMBERS.items():
        yield f"a picture of {name}", partial(answer_fast, make)
    yield "large picture, a column of 50 million pixels", tall


def seven(scale: float = 1, width: float = 12) -> Image.Image:
    image = Image.new("L", (round(SIZE[0] * scale), round(SIZE[1] * scale)), 255)
    points = [(x * scale, y * scale) for x, y in SEVEN]
    ImageDraw.Draw(image).line(points, 0, max(1, round(width * scale)), joint="curve")
    return image


def large(mode: str, megapixels: int = 50) -> Image.Image:
    image = seven((megapixels * 1e6 / (SIZE[0] * SIZE[1])) ** 0.5)
    if mode == "I;16":
        return Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    made = image.convert(mode)
    if mode in {"RGBA", "LA"}:
        made.putpixel((0, 0), (255, 0) if mode == "LA" else (255, 255, 255, 0))
    return made


LARGE = {
    "RGBA": lambda file: large("RGBA").save(file, "PNG", compress_level=1),
    "LA": lambda file: large("LA").save(file, "PNG", compress_level=1),
    "16 bits": lambda file: large("I;16").save(file, "PNG", compress_level=1),
    "a transparent palette": lambda file: large("P").save(
        file, "PNG", compress_level=1, transparency=0
    ),
    "a transparent colour": lambda file: large("RGB").save(
        file, "PNG", compress_level=1, transparency=(1, 2, 3)
    ),
    "WebP": lambda file: large("RGB").save(file, "WEBP", quality=50, method=0),
    "a deflated TIFF": lambda file: large("RGBA").save(file, "TIFF", compression="tiff_deflate"),
    "a progressive JPEG": lambda file: large("RGB").save(
        file, "JPEG", progressive=True, subsampling=0
    ),
}


def take_little(save, folder: Path) -> str:
    save(folder / "picture")
    return problem_of(run(folder, *DIGITPAD, "recognize", "picture", seconds=60), seconds=5)


def tall(folder: Path) -> str:
    header = b"IHDR" + struct.pack(">2I5B", 1, 50_000_000, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, b"IDAT" + zlib.compress(bytes(100_000_000), 1), b"IEND")
    )
    (folder / "picture").write_bytes(content)
    return problem_of(run(folder, *DIGITPAD, "recognize", "picture", seconds=60), seconds=5)


def saved(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def lab() -> bytes:
    middle = Image.new("L", SIZE, 128)
    return saved(Image.merge("LAB", [seven(), middle, middle]), "TIFF")


def rubbed_out() -> bytes:
    paper = seven().convert("LA")
    for place in ((2, 2, 60, 70), (240, 300, 290, 390)):
        paper.paste((0, 0), place)
    return saved(paper)


def boxed(margin: int, width: int, angle: float = 0) -> bytes:
    frame = Image.new("L", SIZE, 255)
    corners = (margin, margin, SIZE[0] - margin, SIZE[1] - margin)
    ImageDraw.Draw(frame).rectangle(corners, outline=0, width=width)
    return saved(ImageChops.darker(seven(), frame.rotate(angle, fillcolor=255)))


def beside_a_neighbour(at: int) -> bytes:
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).ellipse((at - 50, 70, at + 50, 230), outline=0, width=9)
    small = Image.new("L", (300, 300), 255)
    small.paste(seven(0.5).resize((150, 200)), (75, 50))
    return saved(ImageChops.darker(page, small))


def faint(contrast: float) -> bytes:
    small = seven(0.07, 30).resize((20, 26))
    page = Image.new("L", (28, 28), 255)
    page.paste(small, (4, 1))
    return saved(page.point(lambda value: round(255 - contrast * (255 - value))))


def one_pixel(side: int) -> bytes:
    image = Image.new("L", (side, side), 255)
    ImageDraw.Draw(image).line([(x * side / 400, y * side / 400) for x, y in SEVEN], 0, 1)
    return saved(image)


SEVENS = {
    "without the end of its JPEG": lambda: saved(seven(3).convert("RGB"), "JPEG")[:-2],
    "with broken EXIF": lambda: saved(seven(), exif=b"Exif\0\0\0\x08\0\x02\x01\x12\0\x03"),
    "in LAB": lab,
    "with paper rubbed out": rubbed_out,
    "in a box": lambda: boxed(40, 3),
    "in a narrow box": lambda: boxed(60, 4),
    "in a bold box": lambda: boxed(30, 9),
    "in a turned box": lambda: boxed(30, 3, 3),
    "beside a neighbour on the right": lambda: beside_a_neighbour(290),
    "beside a neighbour on the left": lambda: beside_a_neighbour(10),
    "with a contrast of 3 %": lambda: faint(0.03),
    "with a contrast of 8 %": lambda: faint(0.08),
    "in lines of a pixel, 200": lambda: one_pixel(200),
    "in lines of a pixel, 400": lambda: one_pixel(400),
}


def answer_seven(make, folder: Path) -> str:
    (folder / "picture").write_bytes(make())
    done = run(folder, *DIGITPAD, "recognize", "picture")
    is_read = done.out.startswith("7")
    said = (done.out + done.err).strip()[:150]
    return problem_of(done) or ("" if is_read else f"not read: {said}")


def page(draw) -> bytes:
    """A page of 1,000 by 1,000 pixels."""
    image = Image.new("L", (1000, 1000), 235)
    draw(ImageDraw.Draw(image))
    return saved(image)


def rings(pen: ImageDraw.ImageDraw) -> None:
    for radius in range(45, 495, 15):
        box = (500 - radius, 500 - radius, 500 + radius, 500 + radius)
        pen.ellipse(box, outline=40, width=3)


def rules(pen: ImageDraw.ImageDraw) -> None:
    for y in range(40, 904, 24):
        pen.line([(40, y), (940, y + 20)], 40, 3)


def digits(pen: ImageDraw.ImageDraw) -> None:
    for k in range(24):
        pen.line([(30 + 40 * k, 480), (50 + 40 * k, 480), (38 + 40 * k, 530)], 40, 5)


def scrawls(pen: ImageDraw.ImageDraw) -> None:
    angles = np.linspace(0, 12 * np.pi, 160)
    for k in range(8):
        x = 50 + 112 * k + np.linspace(0, 100, 160)
        pen.line(
            list(zip(x.tolist(), (500 + 200 * np.sin(angles + k)).tolist(), strict=True)), 40, 5
        )


# Their parts could be put together in many ways.
NUMBERS = {
    "30 rings": lambda: page(rings),
    "36 lines": lambda: page(rules),
    "24 digits": lambda: page(digits),
    "8 scrawls": lambda: page(scrawls),
}


def answer_fast(make, folder: Path) -> str:
    (folder / "picture").write_bytes(make())
    return problem_of(run(folder, *DIGITPAD, "recognize", "picture", seconds=60), seconds=5)
