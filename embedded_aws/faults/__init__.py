"""Faults that somebody asked for: what AWS sometimes does, done when a test wants it."""
