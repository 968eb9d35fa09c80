"""Your hand: what a person's corrections teach, beside weights that stay as they are."""
