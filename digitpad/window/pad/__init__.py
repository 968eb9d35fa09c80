"""The pad: the sheet, the answer, and the image that the Net sees."""
