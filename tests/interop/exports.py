"""Opens a run's exports with the real clients: python exports.py CHECKPOINT STATE_DICT.pt EXPORT.safetensors"""
import collections
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, safe_open

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "python"))
import coppice_models

checkpoint, state_dict, export = sys.argv[1:]
expected = load_file(checkpoint)
loaded = torch.load(state_dict, weights_only=True)
assert type(loaded) is collections.OrderedDict, type(loaded)
exported = load_file(export)
for name, tensor in expected.items():
    assert torch.equal(loaded[name], tensor), name
    assert torch.equal(exported[name], tensor), name
assert set(loaded) == set(expected)
masks = [name for name in exported if name.endswith(".mask")]
assert masks
for name in masks:
    weight = exported[name.removesuffix(".mask")]
    assert exported[name].dtype == torch.bool and exported[name].shape == weight.shape, name
    assert not weight[~exported[name]].any(), f"{name}: a pruned weight is not 0"
with safe_open(export, "pt") as file:
    module = coppice_models.build(file.metadata()["network"])
module.load_state_dict(loaded, strict=True)
