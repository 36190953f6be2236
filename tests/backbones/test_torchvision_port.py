"""The port "torchvision" of inception_v1 computes what torchvision's GoogLeNet computes."""

from __future__ import annotations

import numpy as np
import pytest

from frostline.backbones import load_backbone

torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the oracle here")

_MODULES = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}


def unit(inputs, outputs, kernel, stride=1):
    nn = torch.nn
    module = nn.Sequential()
    module.add_module("conv", nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False))
    module.add_module("bn", nn.BatchNorm2d(outputs, eps=0.001))
    module.add_module("relu", nn.ReLU())
    return module


class Inception(torch.nn.Module):
    def __init__(self, inputs, b1, r2, b2, r3, b3, b4):
        super().__init__()
        self.branch1 = unit(inputs, b1, 1)
        self.branch2 = torch.nn.Sequential(unit(inputs, r2, 1), unit(r2, b2, 3))
        self.branch3 = torch.nn.Sequential(unit(inputs, r3, 1), unit(r3, b3, 3))
        pool = torch.nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True)
        self.branch4 = torch.nn.Sequential(pool, unit(inputs, b4, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(torch.nn.Module):
    """torchvision.models.GoogLeNet up to the pooled features, written anew under its state dict's names."""

    def __init__(self):
        super().__init__()
        pool = torch.nn.MaxPool2d
        self.conv1 = unit(3, 64, 7, 2)
        self.maxpool1 = pool(3, stride=2, ceil_mode=True)
        self.conv2 = unit(64, 64, 1)
        self.conv3 = unit(64, 192, 3)
        self.maxpool2 = pool(3, stride=2, ceil_mode=True)
        for name, channels in _MODULES.items():
            setattr(self, name, Inception(*channels))
        self.maxpool3 = pool(3, stride=2, ceil_mode=True)
        self.maxpool4 = pool(2, stride=2, ceil_mode=True)
        # Auxiliary and main classifiers are in the file, and ignored.
        self.aux1 = torch.nn.Linear(4, 4)
        self.aux2 = torch.nn.Linear(4, 4)
        self.fc = torch.nn.Linear(1024, 1000)

    def transform_input(self, x):
        means, stds = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        channels = [x[:, c : c + 1] * (stds[c] / 0.5) + (means[c] - 0.5) / 0.5 for c in range(3)]
        return torch.cat(channels, 1)

    def forward(self, x):
        found = {"Conv2d_1a_7x7": self.conv1(x)}
        found["MaxPool_2a_3x3"] = self.maxpool1(found["Conv2d_1a_7x7"])
        found["Conv2d_2b_1x1"] = self.conv2(found["MaxPool_2a_3x3"])
        found["Conv2d_2c_3x3"] = self.conv3(found["Conv2d_2b_1x1"])
        x = self.maxpool2(found["Conv2d_2c_3x3"])
        mixed = ["Mixed_3b", "Mixed_3c", *(f"Mixed_4{c}" for c in "bcdef"), "Mixed_5b", "Mixed_5c"]
        for ours, name in zip(mixed, _MODULES, strict=True):
            if name == "inception4a":
                x = self.maxpool3(x)
            if name == "inception5a":
                x = self.maxpool4(x)
            x = found[ours] = getattr(self, name)(x)
        return found


def network():
    torch.manual_seed(0)
    model = GoogLeNet().eval()
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            torch.nn.init.normal_(module.running_mean, 0, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


@pytest.mark.parametrize(("size", "transform_input"), [(224, True), (224, False), (149, True)])
def test_agrees_with_torchvision_at_every_cut(tmp_path, size, transform_input):
    import dataclasses

    model = network()
    torch.save(model.state_dict(), tmp_path / "googlenet.pth")
    flags = {"transform_input": transform_input}
    backbone = load_backbone("inception_v1", tmp_path / "googlenet.pth", graph_flags=flags)
    assert backbone.weights.graph_flags["port"] == "torchvision"
    backbone = backbone.with_contract(dataclasses.replace(backbone.contract, size=size))
    images = np.random.default_rng(1).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    standardised = (torch.from_numpy(images.astype(np.float32)).permute(0, 3, 1, 2) / 255 - mean) / std
    with torch.no_grad():
        expected = model(model.transform_input(standardised) if transform_input else standardised)
    names = [cut.name for cut in backbone.cuts]
    outputs = backbone.tap(names, "none")(images.astype(np.float32), training=False)
    for name, output in zip(names, outputs, strict=True):
        wanted = expected[name].permute(0, 2, 3, 1).numpy()
        difference = np.abs(np.asarray(output) - wanted).max()
        print(f"{size} {transform_input} {name}: {difference:.2e} of {np.abs(wanted).max():.3g}")
        assert difference < 1e-5 * max(1.0, np.abs(wanted).max()), name
