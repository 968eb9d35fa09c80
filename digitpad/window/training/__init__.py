"""Training from the window: the trainer's process, and what shows its run."""
