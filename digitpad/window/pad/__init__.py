"""The pad around the sheet: the tools, the answer, and the image that the Net sees."""
