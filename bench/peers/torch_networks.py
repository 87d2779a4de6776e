"""The networks of bench/networks.cpp in PyTorch: the same layers, sizes and parameter counts."""

import copy
import math

import torch
from torch import nn

HORIZON = 16
UNETS = {
    "small": {"channels": 4, "condition": 78, "embedding": 64, "dims": (64, 128, 256)},
    "kitchen": {"channels": 9, "condition": 120, "embedding": 256, "dims": (256, 512, 1024)},
    "metaworld": {"channels": 4, "condition": 136, "embedding": 128, "dims": (512, 1024, 2048)},
}


class Block(nn.Sequential):
    """Convolution over time, group normalisation, mish."""

    def __init__(self, inputs, outputs):
        super().__init__(nn.Conv1d(inputs, outputs, 5, padding=2), nn.GroupNorm(8, outputs), nn.Mish())


class Residual(nn.Module):
    """Two blocks with a feature-wise modulation by the condition between them."""

    def __init__(self, inputs, outputs, condition):
        super().__init__()
        self.first, self.second = Block(inputs, outputs), Block(outputs, outputs)
        self.modulation = nn.Linear(condition, 2 * outputs)
        self.skip = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, condition):
        scale, shift = self.modulation(condition)[..., None].chunk(2, dim=1)
        return self.second(scale * self.first(x) + shift) + self.skip(x)


class Pair(nn.Module):
    """Two residual blocks."""

    def __init__(self, inputs, outputs, condition):
        super().__init__()
        self.first = Residual(inputs, outputs, condition)
        self.second = Residual(outputs, outputs, condition)

    def forward(self, x, condition):
        return self.second(self.first(x, condition), condition)


class Unet(nn.Module):
    """Conditional U-Net over time."""

    def __init__(self, channels, condition, embedding, dims):
        super().__init__()
        self.embedding = embedding
        self.time = nn.Sequential(nn.Linear(embedding, 4 * embedding), nn.Mish(),
                                  nn.Linear(4 * embedding, embedding))
        joint = embedding + condition
        self.down = nn.ModuleList(Pair(i, o, joint) for i, o in zip((channels, *dims), dims))
        self.shorten = nn.ModuleList(nn.Conv1d(d, d, 3, 2, 1) for d in dims[:-1])
        self.middle = Pair(dims[-1], dims[-1], joint)
        self.up = nn.ModuleList(Pair(2 * i, o, joint) for i, o in zip(dims[:0:-1], dims[-2::-1]))
        self.lengthen = nn.ModuleList(nn.ConvTranspose1d(d, d, 4, 2, 1) for d in dims[-2::-1])
        self.head = nn.Sequential(Block(dims[0], dims[0]), nn.Conv1d(dims[0], channels, 1))

    def forward(self, x, t, condition):
        half = self.embedding // 2
        waves = t[:, None] * torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        waves = torch.cat([waves.sin(), waves.cos()], 1).to(x.dtype)
        joint = torch.cat([self.time(waves), condition], 1)
        joint = nn.functional.mish(joint)
        h, skips = x.transpose(1, 2), []
        for level, pair in enumerate(self.down):
            h = pair(h, joint)
            skips.append(h)
            if level < len(self.shorten):
                h = self.shorten[level](h)
        h = self.middle(h, joint)
        for pair, lengthen in zip(self.up, self.lengthen):
            h = lengthen(pair(torch.cat([h, skips.pop()], 1), joint))
        return self.head(h).transpose(1, 2)


class BasicBlock(nn.Module):
    """Residual block of images with group normalisation."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.GroupNorm(outputs // 16, outputs),
            nn.ReLU(), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.GroupNorm(outputs // 16, outputs))
        self.skip = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                      nn.GroupNorm(outputs // 16, outputs))

    def forward(self, x):
        return nn.functional.relu(self.body(x) + self.skip(x))


class Encoder(nn.Module):
    """ResNet-18 trunk, keypoints by spatial soft-argmax, features."""

    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.GroupNorm(4, 64), nn.ReLU(),
                  nn.MaxPool2d(3, 2, 1)]
        inputs = 64
        for width in (64, 128, 256, 512):
            layers += [BasicBlock(inputs, width, 1 if width == 64 else 2), BasicBlock(width, width, 1)]
            inputs = width
        self.trunk = nn.Sequential(*layers, nn.Conv2d(512, 32, 1))
        self.features = nn.Linear(64, 64)

    def forward(self, x):
        maps = self.trunk(x)
        n, k, height, width = maps.shape
        attention = maps.reshape(n, k, -1).softmax(-1).reshape(n, k, height, width)
        down, across = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
        points = torch.stack([(attention.sum(2) * across).sum(-1), (attention.sum(3) * down).sum(-1)], -1)
        return nn.functional.relu(self.features(points.reshape(n, -1).to(x.dtype)))


def precision_scope(precision):
    """Automatic casts for bf16, nothing for f32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")


class Run:
    """A network that is evaluated on `inputs`; in bf16 also with weights in bf16, which automatic casts round anew
    in every call."""

    def __init__(self, net, precision, compiled, inputs):
        self.net, self.precision, self.compiled, self.inputs = net, precision, compiled, inputs
        self.call = torch.compile(net) if compiled else net
        self.cast = None

    def parameters(self):
        return sum(p.numel() for p in self.net.parameters())

    def evaluate(self):
        with torch.inference_mode(), precision_scope(self.precision):
            self.call(*self.inputs)

    def evaluate_cast(self):
        if self.cast is None:
            net = copy.deepcopy(self.net).to(torch.bfloat16)
            self.cast = torch.compile(net) if self.compiled else net
            self.cast_inputs = [v.to(torch.bfloat16) for v in self.inputs]
        with torch.inference_mode():
            self.cast(*self.cast_inputs)


class UnetRun(Run):
    """A U-Net with optimiser and average; `step` trains once, `evaluate` runs it forward."""

    def __init__(self, name, batch, precision, compiled):
        options = UNETS[name]
        torch.manual_seed(0)
        net = Unet(**options)
        self.x = torch.randn(batch, HORIZON, options["channels"])
        self.condition = torch.randn(batch, options["condition"])
        super().__init__(net, precision, compiled, [self.x, torch.full((batch,), 0.5), self.condition])
        self.optimizer = None

    def step(self):
        if self.optimizer is None:
            self.weights = list(self.net.parameters())
            self.optimizer = torch.optim.AdamW(self.weights, 1e-4, fused=True)
            self.average = [p.detach().clone() for p in self.weights]
        noise, t = torch.randn_like(self.x), torch.rand(len(self.x))
        between = noise + t[:, None, None] * (self.x - noise)
        with precision_scope(self.precision):
            velocity = self.call(between, t, self.condition)
        nn.functional.mse_loss(velocity.float(), self.x - noise).backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.weights, 0.001)


class EncoderRun(Run):
    """The image encoder; `step` is forward and backward, as in bench/networks.cpp."""

    def __init__(self, images, precision, compiled):
        torch.manual_seed(0)
        net = Encoder().to(memory_format=torch.channels_last)  # what its kernels like best
        x = torch.randn(images, 3, 84, 84).to(memory_format=torch.channels_last)  # data: no gradient
        super().__init__(net, precision, compiled, [x])
        self.slope = torch.randn(images, 64)

    def step(self):
        with precision_scope(self.precision):
            y = self.call(*self.inputs)
        y.float().backward(self.slope)
