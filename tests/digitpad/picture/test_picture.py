"""Pictures of a digit as ink images."""

import io
import re
import struct
import zipfile
import zlib
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageOps

from digitpad.ink import CENTRE, Drawing, Stroke, centre_of_mass, ink_image
from digitpad.picture import MAX_PIXELS, PictureError, picture_image, read_picture

SIZE = (300, 400)
SEVEN = [[(95, 80), (215, 80), (125, 320)]]
FIVE = [[(110, 90), (100, 180), (190, 220), (180, 300), (100, 310)], [(150, 80), (220, 80)]]

inverted, T = ImageChops.invert, Image.Transpose


def drawn(strokes, width=12):
    """The strokes in black on white, with a round pen of `width` pixels."""
    sharp = 4  # Pillow draws without antialiasing
    image = Image.new("L", (SIZE[0] * sharp, SIZE[1] * sharp), 255)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(x * sharp, y * sharp) for x, y in stroke]
        draw.line(points, 0, round(width * sharp))
        for point in points:
            draw.circle(point, width * sharp / 2, 0)
    return image.reduce(sharp)


def drawing(strokes):
    return Drawing(tuple(Stroke.from_xy(*zip(*stroke, strict=True)) for stroke in strokes))


def saved(image, file_format="PNG", **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file


def read(image, file_format="PNG", **options):
    return read_picture(saved(image, file_format, **options))


def difference(image, other):
    """Mean difference of the pixels, of 255 levels. Different digits differ by 30 and more."""
    return float(np.abs(image.astype(int) - other).mean())


# The MNIST rule


@pytest.mark.parametrize("width", [2, 12, 30, 45])
@pytest.mark.parametrize("strokes", [SEVEN, FIVE])
def test_image_is_made_by_the_mnist_rule(strokes, width):
    image = read(drawn(strokes, width))
    assert (image.dtype, image.shape, image.max()) == (np.uint8, (28, 28), 255)
    assert centre_of_mass(image.astype(np.float32)) == pytest.approx([CENTRE] * 2, abs=0.1)
    rows, columns = np.nonzero(image >= 128)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21


@pytest.mark.parametrize("width", [1.5, 4, 8, 16])
@pytest.mark.parametrize("strokes", [SEVEN, FIVE])
def test_thin_lines_become_as_wide_as_on_the_pad(strokes, width):
    assert difference(read(drawn(strokes, width)), ink_image(drawing(strokes))) < 2.5


def test_wide_strokes_keep_their_width():
    ink = [read(drawn(SEVEN, width)).sum() for width in (28, 36, 44)]
    assert ink[1] > 1.15 * ink[0]
    assert ink[2] > 1.15 * ink[1]


@pytest.mark.parametrize("size", [(40, 53), (900, 1200), (3000, 4000)])
def test_size_of_the_picture_does_not_matter(size):
    picture = drawn(SEVEN, 20)
    assert difference(read(picture.resize(size), "JPEG", quality=95), read(picture)) < 4


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, max_side=30),
        elements=st.floats(0, 255, width=32),
    )
)
def test_any_grey_picture_is_read_or_refused(grey):
    try:
        image = picture_image(grey)
    except PictureError:
        return
    assert (image.dtype, image.shape, image.max()) == (np.uint8, (28, 28), 255)


# Paper and light


def lit(picture, light):
    """The picture under `light`, 0–1. The ink reflects a tenth of it."""
    return Image.fromarray(((np.asarray(picture) * 0.9 + 25) * light).astype(np.uint8))


def grainy(picture):
    grain = np.random.default_rng(0).normal(0, 25, SIZE[::-1])
    return Image.fromarray(np.clip(np.asarray(picture) * 0.8 + 20 + grain, 0, 255).astype(np.uint8))


def beside(picture, grey, size):
    """The picture on a larger background."""
    background = Image.new("L", size, grey)
    background.paste(picture, (50, 60))
    return background


def specked(picture):
    specks = picture.copy()
    for x, y in [(20, 25), (280, 30), (30, 380), (270, 200), (285, 385)]:
        specks.paste(0, (x, y, x + 3, y + 3))
    return specks


def framed(picture):
    return ImageOps.expand(ImageOps.crop(ImageOps.expand(picture, 2, 0), 15), 15, 255)


def with_transparent_corners(picture):
    alpha = Image.new("L", SIZE, 0)
    ImageDraw.Draw(alpha).rounded_rectangle([0, 0, *SIZE], 40, 255)
    return Image.merge("LA", [picture, alpha])


X, Y = np.meshgrid(np.arange(SIZE[0]) / SIZE[0], np.arange(SIZE[1]) / SIZE[1])
CHANGES = {
    "light on dark": (inverted, 0.1),
    "uneven light": (lambda picture: lit(picture, (1 - 0.6 * X) * (1 - 0.3 * Y)), 4),
    "shadow": (lambda picture: lit(picture, np.where(3 * X + 2 * Y > 2.6, 0.5, 1)), 4),
    "dark table": (lambda picture: beside(picture, 60, (420, 500)), 4),
    "position": (lambda picture: beside(picture, 255, (900, 1000)), 4),
    "grain": (grainy, 2.2),
    "faint pencil": (lambda picture: picture.point(lambda value: 150 + value // 4), 1),
    "specks": (specked, 0.1),
    "frame": (framed, 1),
    "transparent corners": (with_transparent_corners, 1),
}


@pytest.mark.parametrize("width", [4, 20, 40])
@pytest.mark.parametrize("name", CHANGES)
def test_paper_and_light_do_not_matter(width, name):
    change, most = CHANGES[name]
    picture = drawn(SEVEN, width)
    assert difference(read(change(picture)), read(picture)) < most


def test_grain_of_a_large_photo_does_not_hide_faint_pencil():
    large = np.asarray(drawn(SEVEN, 4).resize((720, 960)), np.float32)
    grain = np.random.default_rng(0).normal(0, 10, large.shape)
    photo = Image.fromarray((150 + large / 4 + grain).astype(np.uint8))
    assert difference(read(photo), ink_image(drawing(SEVEN))) < 4


def test_dot_beside_a_stroke_is_ink():
    dotted = drawn(SEVEN)
    ImageDraw.Draw(dotted).circle((250, 80), 8, 0)
    assert difference(read(dotted), read(drawn(SEVEN))) > 1


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("L", SIZE, 255),
        Image.new("L", SIZE, 0),
        Image.new("L", (1, 1), 90),
        Image.new("RGBA", SIZE, (0, 0, 0, 0)),
        Image.linear_gradient("L"),
        Image.effect_noise(SIZE, 10),
        Image.effect_noise((28, 28), 100),
        Image.fromarray(
            np.random.default_rng(0).normal(150, 60, (28, 28)).clip(0, 255).astype("u1")
        ),
        drawn(SEVEN).point(lambda value: 230 + value // 10),
        Image.fromarray(np.where((X * 300 % 93 < 1) & (Y * 400 % 93 < 1), 0, 255).astype(np.uint8)),
    ],
    ids=[
        "white",
        "black",
        "point",
        "clear",
        "gradient",
        "grain",
        "static",
        "snow",
        "too faint",
        "dust",
    ],
)
def test_picture_without_ink_is_refused(blank):
    with pytest.raises(PictureError, match="the picture: no ink was found"):
        read(blank)


# What is not the digit


def box_around(picture, margin, width, angle):
    """The box of a form around the picture, drawn with lines of a width, turned by an angle."""
    frame = Image.new("L", SIZE, 255)
    corners = (margin, margin, SIZE[0] - margin, SIZE[1] - margin)
    ImageDraw.Draw(frame).rectangle(corners, outline=0, width=width)
    return ImageChops.darker(picture, frame.rotate(angle, fillcolor=255))


@pytest.mark.parametrize("strokes", [SEVEN, FIVE], ids=["7", "5"])
@pytest.mark.parametrize("margin", [8, 30])
@pytest.mark.parametrize("width", [1, 3, 8])
@pytest.mark.parametrize("angle", [0, 2, -4])
def test_the_box_of_a_form_is_no_ink(strokes, margin, width, angle):
    boxed = box_around(drawn(strokes), margin, width, angle)
    assert difference(read(boxed), read(drawn(strokes))) < 1


def test_a_ring_around_a_stroke_is_no_box():
    t = np.linspace(0, 2 * np.pi, 60)
    ring = list(zip(150 + 100 * np.cos(t), 200 + 150 * np.sin(t), strict=True))
    slashed = [ring, [(190, 110), (110, 290)]]
    assert difference(read(drawn(slashed)), ink_image(drawing(slashed))) < 8


@pytest.mark.parametrize("at", [-60, 230])
def test_a_neighbour_that_the_edge_cuts_is_left_out(at):
    picture, neighbour = drawn(SEVEN), drawn(FIVE)
    beside = Image.new("L", SIZE, 255)
    beside.paste(neighbour, (at - 95 if at < 0 else at - 90, 0))
    small = Image.new("L", SIZE, 255)
    small.paste(picture.resize((150, 200)), (75, 100))
    assert difference(read(ImageChops.darker(small, beside)), read(small)) < 1


def test_a_digit_that_reaches_the_edge_is_read():
    picture = drawn(SEVEN).crop((89, 74, 221, 326))
    assert difference(read(picture), read(drawn(SEVEN))) < 2


@pytest.mark.parametrize("side", [140, 200, 256, 300, 400, 900])
def test_lines_of_one_pixel_are_ink(side):
    picture = Image.new("L", (side, side), 255)
    points = [(x * side / 400, y * side / 400) for x, y in SEVEN[0]]
    ImageDraw.Draw(picture).line(points, 0, 1)
    assert difference(read(picture), ink_image(drawing(SEVEN))) < 5


@pytest.mark.parametrize("contrast", [0.03, 0.05, 0.09])
def test_a_faint_image_of_a_data_set_is_read(contrast, mnist_test):
    images = mnist_test[0][:20]
    faint = np.rint(255 - contrast * images).astype(np.uint8)
    differences = [
        difference(read(Image.fromarray(each)), image)
        for each, image in zip(faint, images, strict=True)
    ]
    assert np.mean(differences) < 8


@pytest.mark.parametrize("tone", [(120, 190, 120), (170, 200, 150)])
def test_clear_ink_on_coloured_grainy_paper_is_read(tone):
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 0.058 * 255, (*SIZE[::-1], 1))
    ink = np.asarray(drawn(SEVEN), np.float64)[..., None] / 255
    colours = np.array(tone) * (0.25 + 0.75 * ink) + grain
    photo = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    assert difference(read(photo), read(drawn(SEVEN))) < 8


# Formats


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [
        *product(["L"], ["PNG", "GIF", "PPM"]),
        *product(["RGB"], ["PNG", "BMP", "JPEG", "WEBP", "MPO"]),
        *product(["CMYK", "YCbCr"], ["TIFF"]),
        *product(["P", "1"], ["PNG"]),
    ],
)
def test_formats_and_colour_modes_are_read(mode, file_format):
    most = 2 if mode == "1" or file_format in {"JPEG", "WEBP", "MPO"} else 1
    picture = drawn(SEVEN).convert(mode, dither=Image.Dither.NONE)
    assert difference(read(picture, file_format), read(drawn(SEVEN))) < most


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "int32", "float32"])
def test_more_than_8_bits_of_any_range_are_read(dtype):
    deep = Image.fromarray((np.asarray(drawn(SEVEN), np.float32) * 16).astype(dtype))
    assert difference(read(deep, "TIFF"), read(drawn(SEVEN))) < 1


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("hidden", [0, 255], ids=["on hidden black", "on hidden white"])
@pytest.mark.parametrize("ink", [0, 90, 255], ids=["black", "grey", "white"])
def test_ink_on_a_transparent_background_is_read(ink, hidden, mode):
    alpha = inverted(drawn(SEVEN))
    grey = Image.composite(Image.new("L", SIZE, ink), Image.new("L", SIZE, hidden), alpha)
    picture = Image.merge("LA", [grey, alpha]).convert(mode)
    assert difference(read(picture), read(drawn(SEVEN))) < 3


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_transparent_colour_of_a_palette_is_background(file_format):
    picture = Image.new("P", SIZE, 0)
    picture.putpalette([30, 30, 30, 20, 20, 20])
    picture.paste(1, mask=inverted(drawn(SEVEN)).convert("1", dither=Image.Dither.NONE))
    assert difference(read(picture, file_format, transparency=0), read(drawn(SEVEN))) < 2


STORED = [T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM, T.TRANSPOSE]
STORED += [T.ROTATE_90, T.TRANSVERSE, T.ROTATE_270]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_photo_is_rotated_upright(orientation, file_format):
    picture, exif = drawn(SEVEN), Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = picture.transpose(STORED[orientation - 2])
    assert difference(read(photo, file_format, exif=exif), read(picture)) < 2


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "TIFF"])
def test_first_frame_of_an_animation_is_read(file_format):
    others = [drawn(FIVE), drawn(FIVE)]
    first = read(drawn(SEVEN), file_format, save_all=True, append_images=others)
    assert difference(first, read(drawn(SEVEN))) < 1


# Refusal


def test_error_names_the_file(tmp_path):
    (tmp_path / "text.png").write_text("seven")
    Image.new("L", SIZE).save(tmp_path / "blank.png")
    for name, reason in (
        ("missing.png", "cannot be read: No such file or directory"),
        ("text.png", "not a picture that can be read; save it as PNG"),
        ("blank.png", "no ink was found"),
        (".", "cannot be read"),
    ):
        path = tmp_path / name
        with pytest.raises(PictureError, match=re.escape(f"{path}: {reason}")):
            read_picture(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n, then nothing",
        b"\xff\xd8\xff",
    ],
    ids=["empty", "PNG", "JPEG"],
)
def test_other_content_is_refused(content):
    with pytest.raises(PictureError, match="the picture: not a picture that can be read"):
        read_picture(io.BytesIO(content))


def zipped(name):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr(name, "")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (saved(drawn(SEVEN), "EPS").getvalue(), "a PostScript file"),  # Pillow would run it
        (saved(drawn(SEVEN), "PDF").getvalue(), "a PDF file"),
        (saved(drawn(SEVEN).convert("RGB"), "ICO").getvalue(), "an icon"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture"),
        (b"\0\0\0\x1cftypisom\0\0\0\0", "a video"),
        (zipped("word/document.xml"), "a Word document"),
        (zipped("xl/workbook.xml"), "an Excel sheet"),
        (zipped("readme.txt"), "an archive"),
        (zipped("META-INF/container.xml"), "an EPUB book"),
        (500 * b"<!---->" + b"<svg>", "an SVG"),
        (b"PK\x03\x04", "an archive"),
    ],
)
def test_a_known_format_that_is_not_read_is_named(content, name):
    with pytest.raises(PictureError, match=f"the picture: {name}.* is not read; save it as PNG"):
        read_picture(io.BytesIO(content))


@pytest.mark.parametrize("text", [500 * b"<!---->", 500 * b"<!--", 500 * b"<?>", 500 * b"<!x "])
def test_text_that_is_nearly_xml_is_refused_at_once(text):
    with pytest.raises(PictureError, match="not a picture that can be read"):
        read_picture(io.BytesIO(text + b"x"))


def test_nan_is_refused():
    with pytest.raises(PictureError, match="NaN"):
        read(Image.fromarray(np.full((30, 30), np.nan, np.float32)), "TIFF")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM"])
def test_half_a_picture_is_refused(file_format):
    whole = saved(drawn(SEVEN), file_format).getvalue()
    with pytest.raises(PictureError, match=r"it is damaged .*; save or send it again"):
        read_picture(io.BytesIO(whole[: len(whole) // 2]))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side", [300, 1400])
def test_a_jpeg_without_its_end_is_read(side, progressive):
    picture = drawn(SEVEN).resize((side, side))
    whole = saved(picture, "JPEG", progressive=progressive).getvalue()
    assert difference(read_picture(io.BytesIO(whole[:-2])), read(picture)) < 3


def test_a_picture_with_a_broken_exif_is_read():
    content = saved(drawn(SEVEN), "PNG", exif=b"Exif\0\0\0\x08\0\x02\x01\x12\0\x03").getvalue()
    assert difference(read_picture(io.BytesIO(content)), read(drawn(SEVEN))) < 1


def test_the_lightness_of_a_lab_picture_is_read():
    grey = drawn(SEVEN)
    middle = Image.new("L", grey.size, 128)
    lab = Image.merge("LAB", [grey, middle, middle])
    assert difference(read(lab, "TIFF"), read(grey)) < 1


@pytest.mark.parametrize("tone", [255, 200])
def test_what_was_rubbed_out_of_paper_is_paper(tone):
    paper = drawn(SEVEN).point(lambda value: value * tone // 255).convert("LA")
    paper.paste((0, 0), (2, 2, 40, 60))
    assert difference(read(paper), read(drawn(SEVEN))) < 2


@pytest.mark.parametrize("size", [(1, 50_000_000), (50_000_000, 1)])
def test_a_picture_with_an_endless_side_is_refused(size):
    with pytest.raises(PictureError, match=r"a side has more than 65,500 pixels"):
        read_picture(io.BytesIO(png_header(*size)))


def png_header(width, height):
    """A PNG that has no pixels: decoding would fail with another error."""
    header = b"IHDR" + struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, b"IDAT" + zlib.compress(b""), b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("side", [7_100, 10_000, 60_000])  # Pillow refuses only the last
def test_huge_picture_is_refused_before_decoding(side):
    assert side**2 > MAX_PIXELS
    with pytest.raises(PictureError, match="more than 50 million pixels; save a smaller copy"):
        read_picture(io.BytesIO(png_header(side, side)))


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
@given(data=st.data())
def test_damaged_picture_is_read_or_refused(file_format, data):
    small = drawn(SEVEN).resize((15, 20)).convert("RGB")
    content = bytearray(saved(small, file_format).getvalue())
    place = st.integers(0, len(content) - 1)
    for at, byte in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=5)):
        content[at] = byte
    del content[data.draw(st.integers(0, len(content))) :]
    try:
        image = read_picture(io.BytesIO(bytes(content)))
    except PictureError:
        return
    assert image.shape == (28, 28)


# Real handwriting


def test_mnist_images_hardly_change(mnist_test):
    """The mean of all 10,000 is 0.39; 98.8 % are below 1, the rest is thin or has specks."""
    differences = []
    for image in mnist_test[0][:100]:
        result = read(Image.fromarray(image))
        differences.append(difference(result, image))
        assert difference(read(Image.fromarray(255 - image)), result) < 0.1
    assert np.mean(differences) < 1
    assert np.quantile(differences, 0.95) < 1


def test_pen_drawings_on_paper_look_like_on_the_pad(pen_samples):
    """The mean of these 40 is 1.2, and the largest 2.4."""
    light = np.linspace(1, 0.5, SIZE[0])[None]
    differences = []
    for sample in pen_samples[:40]:
        everything = np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
        low, span = everything.min(axis=0), np.ptp(everything, axis=0).max()
        strokes = [
            [tuple(point) for point in (stroke.xy - low) * (200 / span) + 50]
            for stroke in sample.drawing.strokes
            if np.ptp(stroke.xy, axis=0).max() > span / 20  # on paper, a speck may touch the digit
        ]
        on_paper = read(lit(drawn(strokes, 4), light), "JPEG", quality=85)
        differences.append(difference(on_paper, ink_image(sample.drawing)))
    assert np.mean(differences) < 2
    assert max(differences) < 4
