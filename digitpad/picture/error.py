"""What can be wrong with a picture."""

NO_INK = "no ink was found; take a picture with a clearly visible digit"


class PictureError(Exception):
    """A picture cannot be read; the message has its name, the reason and what to do."""
