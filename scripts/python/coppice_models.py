"""Coppice's networks as PyTorch modules.

A checkpoint describes its network as a list of layers, in its metadata under the key "network". This file turns that
list into a torch.nn.Module whose state dict has exactly the checkpoint's names:

    from coppice_models import load
    module, metadata = load("runs/lenet-1a2b3c4d/level-07/model.safetensors")
    logits = module(images)          # images: float32 [batch, channels, height, width], normalised

    python coppice_models.py FILE    # prints the module, its parameters and its density

Needs torch; `load` and the command line need safetensors too.
"""

import argparse
import json
import sys

import torch
from torch import nn

# The fields of each operation, with what is assumed where a field is left out; None: it must be given.
FIELDS = {
    "conv": {"out": None, "kernel": None, "stride": 1, "padding": 0, "dilation": 1, "bias": True},
    "linear": {"out": None, "bias": True},
    "batch_norm": {},
    "relu": {},
    "max_pool": {"kernel": None, "stride": 0, "padding": 0},
    "avg_pool": {"kernel": None, "stride": 0, "padding": 0},
    "global_avg_pool": {},
    "flatten": {},
    "add": {},
    "dropout": {"rate": 0.5},
}


class GlobalAvgPool(nn.Module):
    """The mean of every channel, as a flat vector."""

    def forward(self, x):
        return x.mean(dim=(2, 3))


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, *inputs):
        return sum(inputs[1:], start=inputs[0])


def make_operation(layer, extent):
    """The module of one layer, given the extent of its input: (channels, height, width), or (features,) if flat."""
    op, size = layer["op"], layer
    channels, flat = extent[0], len(extent) == 1
    if op == "conv":
        return nn.Conv2d(channels, size["out"], size["kernel"], size["stride"], size["padding"], size["dilation"],
                         bias=size["bias"])
    if op == "linear":
        return nn.Linear(channels, size["out"], bias=size["bias"])
    if op == "batch_norm":
        return nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)
    if op == "max_pool":
        return nn.MaxPool2d(size["kernel"], size["stride"] or size["kernel"], size["padding"])
    if op == "avg_pool":
        return nn.AvgPool2d(size["kernel"], size["stride"] or size["kernel"], size["padding"])
    if op == "dropout":
        return nn.Dropout(size["rate"])
    return {"relu": nn.ReLU, "global_avg_pool": GlobalAvgPool, "flatten": nn.Flatten, "add": Add}[op]()


def output_extent(layer, extent):
    """The extent of a layer's output, given that of its (first) input."""
    op = layer["op"]
    if op == "linear":
        return (layer["out"],)
    if op == "global_avg_pool":
        return (extent[0],)
    if op == "flatten":
        features = 1
        for size in extent:
            features *= size
        return (features,)
    if op in ("conv", "max_pool", "avg_pool"):
        stride = layer["stride"] or layer["kernel"]
        window = layer.get("dilation", 1) * (layer["kernel"] - 1) + 1
        sides = ((side + 2 * layer["padding"] - window) // stride + 1 for side in extent[1:])
        return (layer.get("out", extent[0]), *sides)
    return extent


def complete_layers(network):
    """The layers with every default filled in. Raises ValueError for what this file does not know."""
    layers, before = [], "x"
    for number, given in enumerate(network["layers"], start=1):
        name, op = given.get("name"), given.get("op")
        if not name or op not in FIELDS:
            raise ValueError(f"layer {number} ({name!r}): unknown operation or no name: {op!r}")
        unknown = set(given) - {"op", "name", "inputs"} - set(FIELDS[op])
        if unknown:
            raise ValueError(f"layer {name!r}: {op} has no {sorted(unknown)}; is this file older than the checkpoint?")
        layer = {**FIELDS[op], **given, "inputs": given.get("inputs") or [before]}
        missing = [field for field, value in layer.items() if value is None]
        if missing:
            raise ValueError(f"layer {name!r}: {op} needs {missing}")
        layers.append(layer)
        before = name
    return layers


class CoppiceNetwork(nn.Module):
    """Runs the layers in their order; each takes the outputs that its `inputs` name, "x" being the image."""

    def __init__(self, network):
        super().__init__()
        self.description = network
        self.layers = complete_layers(network)
        self.operations = {}  # a plain dict: the modules are registered below, under their own paths
        extents = {"x": tuple(network["input"])}
        for layer in self.layers:
            extent = extents[layer["inputs"][0]]
            extents[layer["name"]] = output_extent(layer, extent)
            self.operations[layer["name"]] = make_operation(layer, extent)
            self._register(layer["name"], self.operations[layer["name"]])

    def _register(self, path, operation):
        """Puts an operation at a path such as "layer1.0.conv1", with containers on the way."""
        # Straight into _modules: add_module refuses names that are attributes of every module, such as "type".
        module, words = self, path.split(".")
        for word in words[:-1]:
            module = module._modules.setdefault(word, nn.Module())
        module._modules[words[-1]] = operation

    def train(self, mode=True):
        # As nn.Module does it, but for a layer that is called "training".
        self.__dict__["training"] = mode
        for operation in self.operations.values():
            operation.train(mode)
        return self

    def outputs(self, x):
        """The output of every layer, by name."""
        values = {"x": x}
        for layer in self.layers:
            values[layer["name"]] = self.operations[layer["name"]](*(values[name] for name in layer["inputs"]))
        return values

    def forward(self, x):
        return self.outputs(x)[self.layers[-1]["name"]]


def build(network):
    """The torch module of a network given as JSON text or as the parsed dict; its parameters are PyTorch's defaults."""
    return CoppiceNetwork(json.loads(network) if isinstance(network, (str, bytes)) else network)


def load(path):
    """The module in a safetensors checkpoint, with its weights and in evaluation mode; and the file's metadata."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if "network" not in metadata:
            raise ValueError(f"{path}: no 'network' in its metadata; is it a checkpoint of coppice?")
        state = {name: file.get_tensor(name) for name in file.keys()}
    module = build(metadata["network"])
    module.load_state_dict(state, strict=True)
    return module.eval(), metadata


def summary(module):
    """Lines with each parameter's shape and density, and the totals."""
    parameters = list(module.named_parameters())
    rows = [(name, list(value.shape), value.numel(), int(torch.count_nonzero(value))) for name, value in parameters]
    weights = {f"{name}.weight" for name, operation in module.operations.items()
               if isinstance(operation, (nn.Conv2d, nn.Linear))}
    totals = [("all parameters", rows), ("linear and conv weights", [row for row in rows if row[0] in weights])]
    rows += [(label, "", sum(row[2] for row in some), sum(row[3] for row in some)) for label, some in totals]
    width = max(len(row[0]) for row in rows)
    for name, shape, count, nonzero in rows:
        share = f"{100 * nonzero / count:7.2f}%" if count else "      -"
        yield f"{name:<{width}}  {str(shape):<20} {count:>12,} {nonzero:>12,} {share}"


def main():
    parser = argparse.ArgumentParser(description="Show the PyTorch module in a checkpoint of coppice.")
    parser.add_argument("file", help="a safetensors checkpoint, such as runs/NAME/level-00/model.safetensors")
    path = parser.parse_args().file
    try:
        module, _ = load(path)
    except Exception as error:  # whatever the file's reader raises is about this file
        print(f"coppice_models: {path}: {error}", file=sys.stderr)
        return 2
    print(module)
    print("\nparameter, shape, elements, of them not 0")
    for line in summary(module):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
