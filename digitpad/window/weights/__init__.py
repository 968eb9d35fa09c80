"""The weights: which are in use, and the menu that manages them."""
