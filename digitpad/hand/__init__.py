"""Your hand: what a person's corrections teach, beside weights that stay as they are."""

NO_DIGIT_TEXT = "?"
"""What the window and an ink file say of what is no digit. A training learns it as an outlier."""
