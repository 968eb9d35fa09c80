"""Images for training and evaluation."""
