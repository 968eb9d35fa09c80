"""What the trainer and the window share about a training."""
