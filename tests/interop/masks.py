"""Recomputes the masks of a run with NumPy, from the stored weights alone, and compares them bit for bit.

  python masks.py RUN global FRACTION
  python masks.py RUN layer FRACTION [LAYER=FRACTION ...]

An independent reading of the definition: of the survivors, floor(fraction x survivors) with the smallest absolute values
fall; ties fall in the order of (layer, flat index). Decimal fractions are taken as they are written.
"""
import json
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file


def read_masks(path):
    with safe_open(path, framework="np") as file:
        order = json.loads(file.metadata()["order"])
    tensors = load_file(path)
    masks = {}
    for name in order:
        shape = tensors[name + ".shape"]
        rows = np.unpackbits(tensors[name + ".bitmask"], axis=1, bitorder="little")
        columns = int(np.prod(shape[1:]))
        assert not rows[:, columns:].any(), f"{name}: padding bits are set"
        masks[name] = rows[:, :columns].astype(bool).ravel()
    return masks


def prune(magnitudes, alive, fraction):
    """Flat arrays in layer order; returns the survivors."""
    remove = int(Decimal(fraction) * int(alive.sum()))
    candidates = np.flatnonzero(alive)
    order = np.argsort(magnitudes[candidates], kind="stable")
    smaller = alive.copy()
    smaller[candidates[order[:remove]]] = False
    return smaller


def main():
    run, scope, fraction = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    rules = dict(word.split("=") for word in sys.argv[4:])
    levels = sorted(run.glob("level-*"))
    assert len(levels) >= 6, "five prunings are wanted"
    ties = 0
    for before, after in zip(levels, levels[1:]):
        masks, next_masks = read_masks(before / "mask.safetensors"), read_masks(after / "mask.safetensors")
        weights = load_file(before / "model.safetensors")
        magnitudes = {name: np.abs(weights[name].ravel()) for name in masks}
        assert list(masks) == list(next_masks)
        if scope == "global":
            flat = np.concatenate([magnitudes[name] for name in masks])
            alive = np.concatenate([masks[name] for name in masks])
            survivors = prune(flat, alive, fraction)
            expected = dict(zip(masks, np.split(survivors, np.cumsum([m.size for m in masks.values()])[:-1])))
        else:
            expected = {name: prune(magnitudes[name], masks[name], rules.get(name.rsplit(".", 1)[0], fraction))
                        for name in masks}
        for name in masks:
            np.testing.assert_array_equal(next_masks[name], expected[name], err_msg=f"{after}: {name}")
            assert not weights[name].ravel()[~masks[name]].any(), f"{before}: {name}: a pruned weight is not 0"
            kept = magnitudes[name][masks[name]]
            ties += kept.size - np.unique(kept).size
    print(f"{len(levels) - 1} prunings agree, {ties} tied weights among the survivors")


main()
