"""Whole classes on the embedded AWS, and the judge who watches them."""
