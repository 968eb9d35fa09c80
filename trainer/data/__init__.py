"""The images that the Net learns from and is evaluated on."""
