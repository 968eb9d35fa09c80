"""The sheet to draw on: pens, strokes, their look, and the steps that can be undone."""
