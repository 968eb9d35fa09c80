"""Widgets and helpers that every part of the window may use."""
