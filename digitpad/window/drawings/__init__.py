"""Drawings that are opened, saved and kept."""
