"""Builds the PyTorch module of every network in a list that the C++ test wrote, and compares names, shapes and types
of its state dict, and the shapes of all layers' outputs, with what C++ expects. Arguments: the folder of
coppice_models.py, the list."""

import contextlib
import io
import json
import sys
import tempfile

import torch

sys.path.insert(0, sys.argv[1])
import coppice_models  # noqa: E402
from coppice_models import build, complete_layers, load  # noqa: E402

DTYPES = {torch.float32: "F32", torch.int64: "I64"}


def check(case):
    with torch.device("meta"):  # shapes only, no arithmetic
        module = build(case["network"])
        batch = torch.empty(2, *json.loads(case["network"])["input"])
    found = [[name, list(value.shape), DTYPES[value.dtype]] for name, value in module.state_dict().items()]
    # A module tree lists its own children first come, first served, as the layers do: the order agrees as well,
    # except where a layer's path returns to an earlier container.
    assert sorted(found) == sorted(case["tensors"]), (sorted(found), sorted(case["tensors"]))
    trainable = sorted(name for name, _ in module.named_parameters())
    assert trainable == sorted(case["trainable"]), trainable
    outputs = module.outputs(batch)
    for name, extent in case["extents"]:
        assert list(outputs[name].shape[1:]) == extent, (name, outputs[name].shape, extent)
    assert module(batch).shape == (2, case["classes"])


def check_defaults():
    layers = complete_layers({"layers": [{"op": "conv", "name": "c", "out": 4, "kernel": 3},
                                         {"op": "max_pool", "name": "p", "kernel": 2}]})
    assert layers[0]["inputs"] == ["x"] and layers[0]["stride"] == 1 and layers[0]["bias"] is True
    assert layers[1]["inputs"] == ["c"]
    for bad in ({"op": "conv", "name": "c", "out": 4}, {"op": "conf", "name": "c"}, {"op": "relu", "name": "r", "out": 1}):
        try:
            complete_layers({"layers": [bad]})
        except ValueError:
            continue
        raise AssertionError(f"accepted {bad}")


def command_line(path):
    """Exit status, output and messages of `coppice_models.py path`, without starting another Python."""
    sys.argv, before = ["coppice_models.py", path], sys.argv
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = coppice_models.main()
    sys.argv = before
    return code, out.getvalue(), err.getvalue()


def check_load(case):
    """A checkpoint comes back with its weights, in evaluation mode, and the command line prints its density."""
    try:
        from safetensors.torch import save_file
    except ImportError:
        print("safetensors is not installed: load() was not checked")
        return
    module = build(case["network"])
    with torch.no_grad():
        module.get_parameter("fc1.weight")[:150] = 0
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.safetensors"
        save_file(module.state_dict(), path, {"network": case["network"], "level": "3"})
        back, metadata = load(path)
        assert metadata["level"] == "3" and not back.training
        state = back.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
        code, printed, _ = command_line(path)
        row = next(line.split() for line in printed.splitlines() if line.startswith("fc1.weight"))
        assert code == 0 and row[-3:] == ["235,200", "117,600", "50.00%"], row
        save_file({}, path)
        code, _, complaint = command_line(path)
        assert code == 2 and "no 'network'" in complaint, complaint



cases = json.load(open(sys.argv[2], encoding="utf-8"))
for case in cases:
    try:
        check(case)
    except AssertionError as error:
        sys.exit(f"{json.loads(case['network'])['name']}: {error}")
check_defaults()
check_load(next(case for case in cases if json.loads(case["network"])["name"] == "lenet-300-100"
                and case["tensors"][0][1] == [300, 784]))
print(f"{len(cases)} networks agree")
