"""The trainer: makes the weights that the pad reads. Run it with `python -m trainer`."""
