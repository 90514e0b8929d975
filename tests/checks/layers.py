"""Checks that no include points upward: layers.py ROOT, or layers.py --self-test.

The folders of src/ (and kernels/) stand in one order; a file may include its own layer and those below. A public
header belongs to the layer that implements it. torch is seen by src/*/libtorch alone, CUDA by kernels/cuda alone,
and kernels/ include nothing but kernels/.
"""
import pathlib
import re
import sys
import tempfile

LAYERS = ["base", "kernels", "measure", "cuda_bench", "model", "io", "config", "data", "prune", "sparse", "train",
          "update_bench", "ticket", "compare", "report", "reproduce", "cli"]
PUBLIC = {
    "error.h": "base", "length.h": "base", "mask.h": "base", "random.h": "base", "statistics.h": "base",
    "tensor.h": "base",
    "energy.h": "measure",
    "network.h": "model", "checkpoint.h": "io", "config.h": "config", "data.h": "data", "prune.h": "prune",
    "derivatives.h": "prune",
    "train.h": "train", "ticket.h": "ticket", "connect.h": "ticket", "plan.h": "sparse",
}
SUFFIXES = {".h", ".cpp", ".cu", ".cuh", ".in"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
CUDA = re.compile(r"^(cuda|cublas|cusparse|cudnn|nvml)[\w]*\.h$|^cub/|^cooperative_groups")


def layer_of(path):
    """The layer of a file named from the project's root, or None where it belongs to none."""
    parts = path.split("/")
    if parts[0] == "kernels":
        return "kernels"
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ["include", "coppice"] and len(parts) == 3:
        return PUBLIC.get(parts[2])
    return None


def included_path(name):
    """The project's path behind an include as the sources write it, or None for foreign headers."""
    if name.startswith("coppice/"):
        return "include/" + name
    if name.startswith("kernels/"):
        return name
    if name.split("/")[0] in LAYERS:
        return "src/" + name
    return None


def check_file(path, text):
    layer = layer_of(path)
    if layer not in LAYERS:
        return [f"{path}: belongs to no layer; tests/checks/layers.py lists the folders and the public headers"]
    problems = []
    for bracket, name in INCLUDE.findall(text):
        if TORCH.match(name) and not re.match(r"src/\w+/libtorch/", path):
            problems.append(f"{path}: includes <{name}>; only src/*/libtorch sees torch")
        if CUDA.match(name) and not path.startswith("kernels/cuda/"):
            problems.append(f"{path}: includes <{name}>; only kernels/cuda sees CUDA")
        target = included_path(name)
        if target is None:
            if bracket == '"':
                problems.append(f'{path}: "{name}" is no path from src/, include/ or the root')
            continue
        above = layer_of(target)
        if above not in LAYERS:
            problems.append(f"{path}: includes {name}, which belongs to no layer")
        elif LAYERS.index(above) > LAYERS.index(layer):
            problems.append(f"{path}: layer {layer} includes {name} of the higher layer {above}")
        if layer == "kernels" and above != "kernels":
            problems.append(f"{path}: includes {name}; kernels stand alone")
        if path.startswith("include/") and not target.startswith("include/"):
            problems.append(f"{path}: a public header includes the private {name}")
    return problems


def check_tree(root):
    problems, count = [], 0
    for folder in ("include", "kernels", "src"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                count += 1
                problems += check_file(file.relative_to(root).as_posix(), file.read_text())
    return problems, count


def self_test():
    planted = {
        "src/base/text.cpp": '#include "prune/select.h"',
        "src/io/read.cpp": '#include "coppice/train.h"',
        "src/prune/score.cpp": "#include <ATen/ATen.h>",
        "src/model/lenet.cpp": "  #  include <cuda_runtime.h>",
        "kernels/cpu/op/op.cpp": "#include <torch/types.h>",
        "kernels/cpu/op/alone.cpp": '#include "base/text.h"',
        "include/coppice/mask.h": '#include "base/text.h"',
        "include/coppice/unheard_of.h": "",
        "src/elsewhere/thing.cpp": "",
        "src/data/idx.cpp": '#include "idx.h"',
    }
    clean = {
        "src/train/libtorch/net.cpp": '#include <ATen/ATen.h>\n#include "coppice/network.h"',
        "src/cli/main.cpp": '#include "base/text.h"\n#include "kernels/cpu/isa.h"\n#include <CLI/CLI.hpp>',
        "kernels/cuda/devices.cu": "#include <cuda_runtime.h>",
        "include/coppice/train.h": '#include "coppice/data.h"',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in (planted | clean).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text + "\n")
        problems, count = check_tree(root)
    found = {problem.split(":")[0] for problem in problems}
    assert count == len(planted) + len(clean), count
    assert found == set(planted), f"missed {set(planted) - found}, wrongly told {found - set(planted)}"
    print(f"{len(planted)} planted violations found")


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        self_test()
    else:
        found, files = check_tree(pathlib.Path(sys.argv[1]))
        print("\n".join(found) if found else f"{files} files, no include points upward")
        sys.exit(bool(found) or files == 0)
