"""A stand-in for AWS's built-in image classification: residual networks, trained with torch on what the original reads.

It takes the original's channels, content types and hyperparameters, logs its metrics in the original's form, and serves
pictures as that does. It is written from AWS's documentation and MXNet's published residual networks; it has no
pretrained weights, one machine and no GPU.
"""
