"""ResNet18, written out: He et al. 2015, "Deep Residual Learning for Image Recognition", figure 3 and table 1.

The names of the layers are those of torchvision, so that its published weights fit (all but the last layer).
"""

import torch
from torch import nn

CHANNELS = (64, 128, 256, 512)


class Block(nn.Module):
    """Two convolutions and a shortcut around them: the block learns what to add to its input."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:  # the shortcut must fit what it is added to
            shrink = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.downsample = nn.Sequential(shrink, nn.BatchNorm2d(outside))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Shape (pictures, inside, height, width) to (pictures, outside, height / stride, width / stride)."""
        inner = self.relu(self.bn1(self.conv1(pictures)))
        return self.relu(self.bn2(self.conv2(inner)) + self.downsample(pictures))


class ResNet18(nn.Module):
    """Normalised RGB pictures, shape (pictures, 3, side, side), to scores of shape (pictures, classes).

    ``small`` is for pictures under about 100 pixels: the first convolution keeps their size, as usual for CIFAR;
    the original halves it twice before the first block and would leave a 32-pixel picture one pixel in the end.
    """

    def __init__(self, classes: int, *, small: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        stages = [_stage(inside, outside) for inside, outside in zip((64, *CHANNELS), CHANNELS, strict=False)]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(CHANNELS[-1], classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Scores, before softmax."""
        found = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            found = stage(found)
        scores: torch.Tensor = self.fc(self.avgpool(found).flatten(1))
        return scores


def _stage(inside: int, outside: int) -> nn.Sequential:
    """Two blocks; all stages but the first halve the picture."""
    stride = 1 if inside == outside else 2
    return nn.Sequential(Block(inside, outside, stride), Block(outside, outside, 1))
