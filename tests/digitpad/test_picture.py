"""Pictures of a digit as ink images."""

import io
import struct
import zlib
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageDraw

from digitpad.ink import CENTRE, Drawing, Stroke, centre_of_mass, ink_image
from digitpad.inkfile import read_ink
from digitpad.picture import MAX_PIXELS, PictureError, picture_image, read_picture

Ink = NDArray[np.uint8]

SIZE = (300, 400)
SEVEN = [[(95, 80), (215, 80), (125, 320)]]
FIVE = [[(110, 90), (100, 180), (190, 220), (180, 300), (100, 310)], [(150, 80), (220, 80)]]


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


def inverted(image):
    return ImageChops.invert(image)


class TestMnistRule:
    @pytest.mark.parametrize("width", [2, 12, 30, 45])
    @pytest.mark.parametrize("strokes", [SEVEN, FIVE])
    def test_image_is_made_by_the_mnist_rule(self, strokes, width):
        image = read(drawn(strokes, width))
        assert (image.dtype, image.shape, image.max()) == (np.uint8, (28, 28), 255)
        assert centre_of_mass(image.astype(np.float32)) == pytest.approx([CENTRE] * 2, abs=0.1)
        rows, columns = np.nonzero(image >= 128)
        assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21

    @pytest.mark.parametrize("width", [1.5, 4, 8, 16])
    @pytest.mark.parametrize("strokes", [SEVEN, FIVE])
    def test_thin_lines_become_as_wide_as_on_the_pad(self, strokes, width):
        assert difference(read(drawn(strokes, width)), ink_image(drawing(strokes))) < 2.5

    def test_wide_strokes_keep_their_width(self):
        ink = [read(drawn(SEVEN, width)).sum() for width in (28, 36, 44)]
        assert ink[1] > 1.15 * ink[0]
        assert ink[2] > 1.15 * ink[1]

    @pytest.mark.parametrize("size", [(40, 53), (900, 1200), (3000, 4000)])
    def test_size_of_the_picture_does_not_matter(self, size):
        picture = drawn(SEVEN, 20)
        assert difference(read(picture.resize(size), "JPEG", quality=95), read(picture)) < 4

    def test_position_on_the_picture_does_not_matter(self):
        sheet = Image.new("L", (900, 1000), 255)
        sheet.paste(drawn(SEVEN), (560, 30))
        assert difference(read(sheet), read(drawn(SEVEN))) < 4

    def test_parts_of_a_digit_stay_together(self):
        assert difference(read(drawn(FIVE)), read(drawn(FIVE[:1]))) > 20

    @given(
        arrays(
            np.float32,
            array_shapes(min_dims=2, max_dims=2, max_side=30),
            elements=st.floats(0, 255, width=32),
        )
    )
    def test_any_grey_picture_is_read_or_refused(self, grey):
        try:
            image = picture_image(grey)
        except PictureError:
            return
        assert (image.dtype, image.shape, image.max()) == (np.uint8, (28, 28), 255)


class TestPaperAndLight:
    @pytest.fixture(params=[4, 20, 40])
    def picture(self, request):
        return drawn(SEVEN, request.param)

    def test_light_on_dark_is_read_like_dark_on_light(self, picture):
        assert difference(read(inverted(picture)), read(picture)) < 0.1

    def test_uneven_light_does_not_matter(self, picture):
        light = np.linspace(1, 0.4, SIZE[0]) * np.linspace(1, 0.7, SIZE[1])[:, None]
        assert difference(read(lit(picture, light)), read(picture)) < 4

    def test_shadow_does_not_matter(self, picture):
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        light = np.where(x + y / 2 > 260, 0.5, 1)
        assert difference(read(lit(picture, light)), read(picture)) < 4

    def test_table_around_the_paper_is_not_ink(self, picture):
        table = Image.new("L", (420, 500), 60)
        table.paste(picture, (50, 60))
        assert difference(read(table), read(picture)) < 4

    def test_grain_does_not_matter(self, picture):
        grain = np.random.default_rng(0).normal(0, 12, SIZE[::-1])
        grainy = np.clip(np.asarray(picture) * 0.8 + 20 + grain, 0, 255).astype(np.uint8)
        assert difference(read(Image.fromarray(grainy), "JPEG", quality=70), read(picture)) < 7

    def test_faint_pencil_is_ink(self, picture):
        faint = picture.point(lambda value: 150 + value // 4)
        assert difference(read(faint), read(picture)) < 1

    def test_grain_of_a_large_photo_does_not_hide_faint_pencil(self):
        large = np.asarray(drawn(SEVEN, 4).resize((720, 960)), np.float32)
        grain = np.random.default_rng(0).normal(0, 10, large.shape)
        photo = Image.fromarray((150 + large / 4 + grain).astype(np.uint8))
        assert difference(read(photo), ink_image(drawing(SEVEN))) < 4

    def test_specks_are_not_ink(self, picture):
        specked = picture.copy()
        draw = ImageDraw.Draw(specked)
        for x, y in [(20, 25), (280, 30), (30, 380), (270, 200), (285, 385)]:
            draw.rectangle([x, y, x + 2, y + 2], 0)
        assert difference(read(specked), read(picture)) < 0.1

    def test_dot_beside_a_stroke_is_ink(self, picture):
        dotted = picture.copy()
        ImageDraw.Draw(dotted).circle((250, 80), 8, 0)
        assert difference(read(dotted), read(picture)) > 1

    def test_frame_around_the_digit_is_not_ink(self, picture):
        framed = picture.copy()
        ImageDraw.Draw(framed).rectangle([15, 15, SIZE[0] - 16, SIZE[1] - 16], None, 0, 2)
        assert difference(read(framed), read(picture)) < 1

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
            drawn(SEVEN).point(lambda value: 230 + value // 10),
        ],
        ids=["white", "black", "point", "clear", "gradient", "grain", "static", "too faint"],
    )
    def test_picture_without_ink_is_refused(self, blank):
        with pytest.raises(PictureError, match="the picture: no ink was found"):
            read(blank)

    def test_dust_alone_is_not_ink(self):
        grey = np.full((640, 640), 255, np.float32)
        grey[100::200, 100::200] = 0
        with pytest.raises(PictureError, match="no ink was found"):
            picture_image(grey)


def lit(picture, light):
    """The picture under `light`, 0–1, of which the ink reflects a tenth."""
    return Image.fromarray(((np.asarray(picture) * 0.9 + 25) * light).astype(np.uint8))


def deep(dtype):
    return Image.fromarray((np.asarray(drawn(SEVEN), np.float32) * 16).astype(dtype))


class TestFormats:
    @pytest.mark.parametrize(
        ("mode", "file_format"),
        [
            ("L", "PNG"),
            ("L", "GIF"),
            ("L", "PPM"),
            ("RGB", "PNG"),
            ("RGB", "BMP"),
            ("CMYK", "TIFF"),
            ("YCbCr", "TIFF"),
            ("P", "PNG"),
        ],
    )
    def test_colour_modes_are_read(self, mode, file_format):
        assert difference(read(drawn(SEVEN).convert(mode), file_format), read(drawn(SEVEN))) < 1

    def test_black_and_white_is_read(self):
        black_or_white = drawn(SEVEN).convert("1", dither=Image.Dither.NONE)
        assert difference(read(black_or_white), read(drawn(SEVEN))) < 2

    @pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "MPO"])
    def test_lossy_formats_are_read(self, file_format):
        assert difference(read(drawn(SEVEN).convert("RGB"), file_format), read(drawn(SEVEN))) < 2

    @pytest.mark.parametrize("dtype", ["<u2", ">u2", "int32", "float32"])
    def test_more_than_8_bits_of_any_range_are_read(self, dtype):
        picture = deep(dtype)
        assert difference(read(picture, "TIFF"), read(drawn(SEVEN))) < 1

    def test_nan_is_refused(self):
        values = np.full((30, 30), np.nan, np.float32)
        with pytest.raises(PictureError, match="NaN"):
            read(Image.fromarray(values), "TIFF")

    @pytest.mark.parametrize("mode", ["RGBA", "LA"])
    @pytest.mark.parametrize("hidden", [0, 255], ids=["on hidden black", "on hidden white"])
    @pytest.mark.parametrize("ink", [0, 90, 255], ids=["black", "grey", "white"])
    def test_ink_on_a_transparent_background_is_read(self, ink, hidden, mode):
        alpha = inverted(drawn(SEVEN))
        grey = Image.composite(Image.new("L", SIZE, ink), Image.new("L", SIZE, hidden), alpha)
        picture = Image.merge("LA", [grey, alpha]).convert(mode)
        assert difference(read(picture), read(drawn(SEVEN))) < 3

    @pytest.mark.parametrize("file_format", ["PNG", "GIF"])
    def test_transparent_colour_of_a_palette_is_background(self, file_format):
        picture = Image.new("P", SIZE, 0)
        picture.putpalette([30, 30, 30, 20, 20, 20])
        picture.paste(1, mask=inverted(drawn(SEVEN)).convert("1", dither=Image.Dither.NONE))
        assert difference(read(picture, file_format, transparency=0), read(drawn(SEVEN))) < 2

    def test_transparent_corners_are_not_ink(self):
        picture = drawn(SEVEN)
        alpha = Image.new("L", SIZE, 0)
        ImageDraw.Draw(alpha).rounded_rectangle([0, 0, *SIZE], 40, 255)
        rounded = Image.merge("LA", [picture, alpha])
        assert difference(read(rounded), read(picture)) < 1

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
    @pytest.mark.parametrize(
        ("orientation", "stored"),
        [
            (1, None),
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (4, Image.Transpose.FLIP_TOP_BOTTOM),
            (5, Image.Transpose.TRANSPOSE),
            (6, Image.Transpose.ROTATE_90),
            (7, Image.Transpose.TRANSVERSE),
            (8, Image.Transpose.ROTATE_270),
        ],
    )
    def test_photo_is_rotated_upright(self, orientation, stored, file_format):
        picture = drawn(SEVEN)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        turned = picture if stored is None else picture.transpose(stored)
        assert difference(read(turned, file_format, exif=exif), read(picture)) < 2

    @pytest.mark.parametrize("file_format", ["GIF", "PNG", "TIFF"])
    def test_first_frame_of_an_animation_is_read(self, file_format):
        animation = saved(
            drawn(SEVEN), file_format, save_all=True, append_images=[drawn(FIVE), drawn(FIVE)]
        )
        assert difference(read_picture(animation), read(drawn(SEVEN))) < 1


class TestRefusal:
    def test_error_names_the_file(self, tmp_path):
        missing = tmp_path / "missing.png"
        with pytest.raises(PictureError) as missing_error:
            read_picture(missing)
        assert str(missing_error.value) == f"{missing}: cannot be read: No such file or directory"
        text = tmp_path / "text.png"
        text.write_text("seven")
        with pytest.raises(PictureError) as text_error:
            read_picture(text)
        assert str(text_error.value) == f"{text}: not a picture that can be read; save it as PNG"
        blank = tmp_path / "blank.png"
        Image.new("L", SIZE).save(blank)
        with pytest.raises(PictureError) as blank_error:
            read_picture(blank)
        assert str(blank_error.value).startswith(f"{blank}: no ink was found")

    def test_folder_is_refused(self, tmp_path):
        with pytest.raises(PictureError, match="cannot be read"):
            read_picture(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n, then nothing", b"\xff\xd8\xff"])
    def test_other_file_is_refused(self, content):
        with pytest.raises(PictureError, match="the picture: not a picture that can be read"):
            read_picture(io.BytesIO(content))

    def test_postscript_is_not_run(self):
        with pytest.raises(PictureError, match="not a picture that can be read"):
            read(drawn(SEVEN), "EPS")

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM"])
    def test_half_a_picture_is_refused(self, file_format):
        whole = saved(drawn(SEVEN), file_format).getvalue()
        with pytest.raises(PictureError, match=r"it is damaged .*; save or send it again"):
            read_picture(io.BytesIO(whole[: len(whole) // 2]))

    @pytest.mark.parametrize("side", [7_100, 10_000, 60_000])  # Pillow refuses only the last
    def test_huge_picture_is_refused_before_decoding(self, side):
        assert side**2 > MAX_PIXELS
        header = b"IHDR" + struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
        rest = b"IDAT" + zlib.compress(b"")  # decoding would fail with another error
        chunks = b"".join(
            struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
            for chunk in (header, rest, b"IEND")
        )
        with pytest.raises(PictureError, match="more than 50 million pixels; save a smaller copy"):
            read_picture(io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunks))

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
    @given(data=st.data())
    def test_damaged_picture_is_read_or_refused(self, file_format, data):
        content = bytearray(
            saved(drawn(SEVEN).resize((15, 20)).convert("RGB"), file_format).getvalue()
        )
        place = st.integers(0, len(content) - 1)
        for at, byte in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=5)):
            content[at] = byte
        del content[data.draw(st.integers(0, len(content))) :]
        try:
            image = read_picture(io.BytesIO(bytes(content)))
        except PictureError:
            return
        assert image.shape == (28, 28)


class TestRealHandwriting:
    def test_mnist_images_hardly_change(self, mnist_test):
        """The mean of all 10,000 is 0.39; 98.8 % are below 1, the rest is thin or has specks."""
        differences = []
        for image in mnist_test[0][:200]:
            result = read(Image.fromarray(image))
            differences.append(difference(result, image))
            assert difference(read(Image.fromarray(255 - image)), result) < 0.1
        assert np.mean(differences) < 1
        assert np.quantile(differences, 0.95) < 1

    def test_pen_drawings_on_paper_look_like_on_the_pad(self, pen_file):
        """The mean of these 40 is 1.1, and the largest 2.0."""
        light = np.linspace(1, 0.5, SIZE[0])[None]
        differences = []
        for sample in islice(read_ink(pen_file, lambda *_: None), 40):
            everything = np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
            low, span = everything.min(axis=0), np.ptp(everything, axis=0).max()
            strokes = [
                [tuple(p) for p in (stroke.xy - low) * (200 / span) + 50]
                for stroke in sample.drawing.strokes
            ]
            picture = lit(drawn(strokes, 4), light)
            differences.append(
                difference(read(picture, "JPEG", quality=85), ink_image(sample.drawing))
            )
        assert np.mean(differences) < 2
        assert max(differences) < 4
