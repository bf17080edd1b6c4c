"""The labs, run by their own scripts."""
