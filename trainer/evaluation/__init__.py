"""How well weights do: metrics, calibration, plots, the model card."""
