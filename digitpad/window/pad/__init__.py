"""The pad: the sheet, the answer, and what the Net sees."""
