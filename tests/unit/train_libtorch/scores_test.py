"""Pruning scores by PyTorch alone, in FP64, against those that stand in the files. Arguments: the folder of
coppice_models.py, a folder with NAME.model.safetensors (a checkpoint) and NAME.io.safetensors: images, labels,
"batch" (of Taylor's batches), and for each pruned tensor T "T.keep" and "CRITERION/T", the scores to be checked.

Wherever there is another way than the one taken in C++, it is taken: Hg as the derivative of the gradient along g
(forward over reverse), Fisher's diagonal example by example, some of it as the Hessian's."""

import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch.func import functional_call, grad, jvp

sys.path.insert(0, sys.argv[1])
from coppice_models import build  # noqa: E402

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


class Case:
    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.module = build(file.metadata()["network"]).double().eval()
        self.io = load_file(str(path).replace(".model.", ".io."))
        self.names = [name[:-5] for name in self.io if name.endswith(".keep")]
        state = {name: value.double() if value.is_floating_point() else value
                 for name, value in load_file(path).items()}
        for name in self.names:
            state[name] = torch.where(self.io[name + ".keep"] != 0, state[name], 0.0)
        self.module.load_state_dict(state, strict=True)
        self.weights = {name: state[name] for name in self.names}
        self.images, self.labels = self.io["images"].double(), self.io["labels"]

    def logits(self, weights, images):
        return functional_call(self.module, weights, (images,))

    def loss(self, weights, first=0, last=None, temperature=1.0):
        logits = self.logits(weights, self.images[first:last]) / temperature
        return torch.nn.functional.cross_entropy(logits, self.labels[first:last])

    def keep(self, name):
        return self.io[name + ".keep"].double()

    def masked(self, values):
        return {name: values[name] * self.keep(name) for name in self.names}

    def snip(self):
        g = grad(self.loss)(self.weights)
        return {name: (g[name] * self.weights[name]).abs() for name in self.names}

    def grasp(self):
        gradient = grad(lambda weights: self.loss(weights, temperature=200.0))
        g = self.masked(gradient(self.weights))
        _, hg = jvp(gradient, (self.weights,), (g,))
        return {name: self.weights[name] * hg[name] for name in self.names}

    def taylor(self):
        batch, count = int(self.io["batch"]), len(self.labels)
        firsts = range(0, count, batch)
        total = {name: 0 for name in self.names}
        for first in firsts:
            g = grad(self.loss)(self.weights, first, first + batch)
            for name in self.names:
                total[name] = total[name] + (g[name] * self.weights[name]) ** 2
        return {name: total[name] / len(firsts) for name in self.names}

    def fisher(self):
        total = {name: 0 for name in self.names}
        leaves = {name: value.clone().requires_grad_() for name, value in self.weights.items()}
        for image in self.images:
            log_p = self.logits(leaves, image[None]).log_softmax(1)[0]
            for one in log_p:
                slopes = torch.autograd.grad(one, list(leaves.values()), retain_graph=True)
                for name, slope in zip(leaves, slopes):
                    total[name] = total[name] + one.detach().exp() * slope**2
        return {name: total[name] / len(self.labels) for name in self.names}

    def obd(self):
        h = self.fisher()
        self.check_hessian(h)
        return {name: h[name] * self.weights[name] ** 2 / 2 for name in self.names}

    def check_hessian(self, h):
        """In networks that are piecewise linear in each weight, h is the diagonal of the Hessian itself: so it is for
        the weight of each layer where it is largest."""
        largest = max(value.max().item() for value in h.values())
        for name in self.names:
            place = torch.argmax(h[name] * self.keep(name))
            unit = {other: torch.zeros_like(value) for other, value in self.weights.items()}
            unit[name].view(-1)[place] = 1
            _, column = jvp(grad(self.loss), (self.weights,), (unit,))
            found, expected = column[name].view(-1)[place].item(), h[name].view(-1)[place].item()
            assert abs(found - expected) <= 1e-4 * expected + 1e-12 * largest, (name, found, expected)

    def synflow(self):
        state = self.module.state_dict()
        absolute = {name: value.abs() for name, value in state.items()}
        leaves = {name: absolute[name].clone().requires_grad_() for name in self.names}
        ones = torch.ones(1, *self.images.shape[1:])
        flow = functional_call(self.module, {**absolute, **leaves}, (ones,)).sum()
        slopes = torch.autograd.grad(flow, list(leaves.values()))
        scores = {name: slope * leaves[name].detach() for name, slope in zip(leaves, slopes)}
        largest = max(self.masked(scores)[name].max() for name in self.names)
        return {name: scores[name] / largest for name in self.names}


failed = 0
paths = sorted(pathlib.Path(sys.argv[2]).glob("*.model.safetensors"))
assert paths
for path in paths:
    case = Case(path)
    criteria = sorted({key.split("/")[0] for key in case.io if "/" in key})
    assert criteria
    for criterion in criteria:
        expected = case.masked(getattr(case, criterion)())
        largest = max(value.abs().max().item() for value in expected.values())
        worst = max((case.io[f"{criterion}/{name}"].double() - expected[name]).abs().max().item()
                    for name in case.names) / largest
        print(f"{path.name} {criterion}: off by {worst:.1e} of the largest score, {largest:.3g}")
        failed += not (largest > 0 and worst <= 1e-4)
sys.exit(1 if failed else 0)
