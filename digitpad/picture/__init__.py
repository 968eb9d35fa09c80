"""Pictures: the digit in a scan, a photo or a screenshot as a 28×28 image for the Net.

Decodes a file, separates the ink from the background, leaves out what is not the digit, and fits
the rest into an image by the MNIST rule, as `digitpad.ink.ink_image` does with strokes. Also finds
the parts of the ink, from which `digitpad.numbers` puts several digits together.
"""

from digitpad.picture.decoding import MAX_PIXELS
from digitpad.picture.error import PictureError
from digitpad.picture.opening import Picture, open_picture, picture_image, read_picture

__all__ = [
    "MAX_PIXELS",
    "Picture",
    "PictureError",
    "open_picture",
    "picture_image",
    "read_picture",
]
