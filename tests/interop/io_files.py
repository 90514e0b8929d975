"""The other side of tests/unit/io/interop_test.cpp: reads what coppice wrote, writes what it is to read.

  check FOLDER    holds coppice's files against FOLDER/manifest.json
  write FOLDER    writes files and a manifest with the public libraries
  many FILE       a state dict of 70,000 tensors
  big FILE SIZE   a zip with an entry of SIZE zeros, beyond 4 GiB
"""
import collections
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch

TYPES = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "I16": torch.int16, "I32": torch.int32,
    "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64,
}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def describe(tensors):
    """The manifest of a dict of tensors: type, shape and bytes, none of it rounded."""
    return {
        name: {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "hex": tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex(),
        }
        for name, tensor in tensors.items()
    }


def equal(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: expected\n{expected}\nfound\n{found}")


def check(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / "tensors.safetensors"
    equal(describe(safetensors.torch.load_file(path)), manifest["tensors"], "load_file")
    with safetensors.safe_open(path, "pt") as file:
        equal(describe({name: file.get_tensor(name) for name in file.keys()}), manifest["tensors"], "safe_open")
        equal(file.metadata(), manifest["metadata"], "metadata")
    equal(safetensors.torch.load_file(folder / "none.safetensors"), {}, "no tensors")

    for name, order in (("ordered.pt", manifest["order"]), ("sorted.pt", None)):
        for mmap in (False, True):
            state = torch.load(folder / name, weights_only=True, mmap=mmap)
            equal(type(state), collections.OrderedDict, name)
            equal(describe(state), manifest["tensors"], name)
            by_bytes = sorted(state, key=lambda text: text.encode())
            equal(list(state), order or by_bytes, name + ", order")
            for tensor in state.values():
                equal((tensor.is_contiguous(), tensor.requires_grad), (True, False), name)
                equal(tensor.stride(), torch.empty(tensor.shape).stride(), name + ", strides")
                equal(tensor.untyped_storage().nbytes(), tensor.numel() * tensor.element_size(), name + ", storage")
        equal(zipfile.ZipFile(folder / name).testzip(), None, "checksums")
    equal(torch.load(folder / "none.pt", weights_only=True), collections.OrderedDict(), "no tensors")

    masks = safetensors.torch.load_file(folder / "masks.safetensors")
    equal(len(masks), 2 * len(manifest["masks"]), "number of mask tensors")
    for mask in manifest["masks"]:
        rows = mask["shape"][0]
        bits = np.array(mask["bits"], np.uint8).reshape(rows, int(np.prod(mask["shape"][1:])))
        packed = np.packbits(bits, axis=1, bitorder="little")
        found = masks[mask["name"] + ".bitmask"].numpy()
        equal((found.dtype, found.shape, found.tobytes()), (packed.dtype, packed.shape, packed.tobytes()), mask["name"])
        equal(masks[mask["name"] + ".shape"].tolist(), mask["shape"], mask["name"])


def write(folder):
    torch.manual_seed(3)
    tensors = {
        "fc.weight": torch.randn(3, 5),
        "half": torch.randn(4).half(),
        "brain": torch.randn(2, 2).bfloat16(),
        "double": torch.tensor([1e-320, float("nan"), -0.0], dtype=torch.float64),
        "bn.num_batches_tracked": torch.tensor(2**62),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "i16": torch.tensor([[-32768], [32767]], dtype=torch.int16),
        "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "u8": torch.arange(7, dtype=torch.uint8),
        "flags": torch.tensor([True, False, True]),
        "scalar": torch.tensor(0.1),
        "empty": torch.zeros(0),
        "empty.matrix": torch.zeros(2, 0, 3, dtype=torch.int64),
        'na"me\né': torch.ones(1, 1),
    }
    metadata = {"format": "pt", "text": 'quote " and é\n'}
    safetensors.torch.save_file(tensors, folder / "tensors.safetensors", metadata)
    safetensors.torch.save_file({}, folder / "none.safetensors")
    torch.save(tensors, folder / "zip.pt")
    torch.save(tensors, folder / "legacy.pt", _use_new_zipfile_serialization=False)

    masks, packed = [], {}
    generator = np.random.default_rng(4)
    for name, shape in (("z", [9, 11]), ("a.weight", [3, 2, 5, 5]), ("m", [6]), ("wide", [2, 128])):
        bits = generator.integers(0, 2, shape, np.uint8)
        masks.append({"name": name, "shape": shape, "bits": bits.reshape(-1).tolist()})
        rows = np.packbits(bits.reshape(shape[0], -1), axis=1, bitorder="little")
        packed[name + ".bitmask"] = torch.from_numpy(rows)
        packed[name + ".shape"] = torch.tensor(shape)
    order = json.dumps([mask["name"] for mask in masks])
    safetensors.torch.save_file(packed, folder / "masks.safetensors", {"order": order})
    manifest = {"tensors": describe(tensors), "metadata": metadata, "masks": masks}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def many(path):
    state = torch.load(path, weights_only=True)
    equal(len(state), 70_000, "tensors")
    equal({name: int(tensor) for name, tensor in state.items()}, {f"t{i}": i for i in range(70_000)}, "values")


def big(path, size):
    archive = zipfile.ZipFile(path)
    equal([(entry.filename, entry.file_size) for entry in archive.infolist()],
          [("archive/first", 5), ("archive/big", size), ("archive/last", 4)], "entries")
    equal((archive.read("archive/first"), archive.read("archive/last")), (b"first", b"last"), "small entries")
    with archive.open("archive/big") as entry:  # checks the checksum at the end
        while chunk := entry.read(1 << 24):
            equal(chunk.count(0), len(chunk), "zeros")
    reader = torch._C.PyTorchFileReader(path)
    equal(bytes(reader.get_record("last")), b"last", "PyTorch's reader, past 4 GiB")
    equal(reader.get_record_offset("big") % 64, 0, "alignment")


if __name__ == "__main__":
    command, path, *rest = sys.argv[1:]
    if command in ("check", "write"):
        {"check": check, "write": write}[command](Path(path))
    elif command == "many":
        many(path)
    else:
        big(path, int(rest[0]))
