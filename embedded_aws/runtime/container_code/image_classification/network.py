"""Residual networks with activations before convolutions, in the depths that the original offers.

As MXNet's published ones: up to 28 pixels three stages of 16, 32 and 64 channels, else four of 64 to 512 (from 50
layers on with bottlenecks and four times as many); above 32 pixels a first convolution and a pooling quarter the size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .parameters import SMALL_PIXELS

STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
SMALL_WIDTHS, WIDTHS = (16, 32, 64), (64, 128, 256, 512)
BOTTLENECK_LAYERS = 50
BOTTLENECK = 4
POOLED_PIXELS = 32


class Unit(nn.Module):  # type: ignore[misc,unused-ignore] # torch has no types here
    """Two or (with a bottleneck) three convolutions and a way around them."""

    def __init__(self, inner: int, outer: int, *, stride: int, bottleneck: bool) -> None:
        super().__init__()
        self.first = nn.BatchNorm2d(inner, eps=2e-5)
        self.around = None if stride == 1 and inner == outer else nn.Conv2d(inner, outer, 1, stride=stride, bias=False)
        if bottleneck:
            narrow = outer // BOTTLENECK
            self.way = nn.Sequential(
                nn.Conv2d(inner, narrow, 1, bias=False),
                *_normalised(nn.Conv2d(narrow, narrow, 3, stride=stride, padding=1, bias=False)),
                *_normalised(nn.Conv2d(narrow, outer, 1, bias=False)),
            )
        else:
            self.way = nn.Sequential(
                nn.Conv2d(inner, outer, 3, stride=stride, padding=1, bias=False),
                *_normalised(nn.Conv2d(outer, outer, 3, padding=1, bias=False)),
            )

    def forward(self, given: Any) -> Any:
        """(N, inner, H, W) to (N, outer, H / stride, W / stride)."""
        active = torch.relu(self.first(given))
        return self.way(active) + (given if self.around is None else self.around(active))


def _normalised(convolution: Any) -> tuple[Any, ...]:
    return nn.BatchNorm2d(convolution.in_channels, eps=2e-5), nn.ReLU(), convolution


def build(layers: int, classes: int, shape: tuple[int, int, int]) -> Any:
    """A network that takes (N, *shape) pixel values from 0 to 255 and gives (N, classes) logits."""
    channels, height, _ = shape
    small = height <= SMALL_PIXELS
    bottleneck = not small and layers >= BOTTLENECK_LAYERS
    stages = ((layers - 2) // 6,) * 3 if small else STAGES[layers]
    first, *_ = widths = SMALL_WIDTHS if small else WIDTHS
    parts = [nn.BatchNorm2d(channels, eps=2e-5, affine=False), *_stem(channels, first, pooled=height > POOLED_PIXELS)]
    inner = first
    for number, (units, width) in enumerate(zip(stages, widths, strict=True)):
        outer = width * BOTTLENECK if bottleneck else width
        for unit in range(units):
            parts.append(Unit(inner, outer, stride=2 if number and not unit else 1, bottleneck=bottleneck))
            inner = outer
    head = (nn.BatchNorm2d(inner, eps=2e-5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = nn.Sequential(*parts, *head, nn.Linear(inner, classes))
    network.apply(_initialise)
    return network.to(memory_format=torch.channels_last)


def _stem(channels: int, width: int, *, pooled: bool) -> tuple[Any, ...]:
    if not pooled:
        return (nn.Conv2d(channels, width, 3, padding=1, bias=False),)
    convolution = nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False)
    return convolution, nn.BatchNorm2d(width, eps=2e-5), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)


def _initialise(module: Any) -> None:
    """Normal values of variance 2 / inputs, no bias."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
