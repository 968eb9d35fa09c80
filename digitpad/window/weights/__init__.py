"""The weights in use, and the menu that manages weights files."""
