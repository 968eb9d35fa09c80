"""What a person says that drawings are, and what the window learns from it."""
