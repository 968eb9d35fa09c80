"""What every room of the window may use."""
