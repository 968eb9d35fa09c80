"""Charts of a training run: its accuracies over time, and its confusion matrix."""
