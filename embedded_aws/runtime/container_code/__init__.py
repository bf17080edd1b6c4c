"""Code that runs inside containers, in the image's own Python: it imports nothing of the engine but its siblings.

`start.py MODULE ARGUMENT...` runs a module's `main`. It has to work on every Python that an image has (3.11 and up),
and it finds there what the image brings: numpy, xgboost, torch, tensorflow.
"""
