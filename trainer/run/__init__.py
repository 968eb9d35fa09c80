"""The files, progress reports and stop requests of a training run."""
