"""Benchmarks that print ratios and write them below build/bench."""
