"""Hostile and odd inputs, tried through the command line and the window: `python -m tests.hostile`.

Each attack makes its input, runs a real process on it, and says what did not hold. A process holds
if it ends in time, takes bounded memory, shows no traceback, and says or answers what it should.
"""
