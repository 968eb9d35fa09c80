"""What a run reads and writes: checkpoints, weights, progress, requests to stop."""
