"""Loads every checkpoint of a folder into the PyTorch module of its network, strictly, and compares the logits for the
stored images with the stored ones to 1e-5. Arguments: the folder of coppice_models.py, the folder."""

import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

sys.path.insert(0, sys.argv[1])
from coppice_models import build  # noqa: E402

torch.set_num_threads(1)
cases = sorted(pathlib.Path(sys.argv[2]).glob("*.model.safetensors"))
assert cases
failed = 0
for path in cases:
    with safe_open(path, "pt") as file:
        module = build(file.metadata()["network"])
    module.load_state_dict(load_file(path), strict=True)
    data = load_file(str(path).replace(".model.", ".io."))
    with torch.inference_mode():
        logits = module.eval()(data["images"])
    assert logits.shape == data["logits"].shape
    scale = max(1.0, logits.abs().max().item())
    difference = (logits - data["logits"]).abs().max().item() / scale
    if not difference <= 1e-5:
        print(f"{path.name}: logits differ by {difference}")
        failed += 1
sys.exit(1 if failed else 0)
