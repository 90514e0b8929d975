"""Sets results of cuda_bench beside the speedups that our kernels are meant to reach: cuda_table.py --targets."""
import re
import statistics

DENSITIES = [0.2, 0.1, 0.05, 0.02]  # as columns: 80%, 90%, 95%, 98% sparse
LARGE = 512
ATTAINED = 0.6  # of its own limit, for each kernel


def linear(result):
    return re.fullmatch(r"\d+x\d+", result["shape"]) is not None


def square_at(batch):
    return lambda result: (result["shape"], result["batch"], result["precision"]) == ("8192x8192", batch, "bf16")


def large_in(precision):
    return lambda result: linear(result) and result["batch"] >= LARGE and result["precision"] == precision


TARGETS = [  # work, which comparison of a case, which cases, speedups at DENSITIES
    ("8192x8192, batch 16, over dense BF16", "against_dense", square_at(16), [1.5, 2.3, 3.2, 4]),
    ("8192x8192, batch 64, over dense BF16", "against_dense", square_at(64), [1.2, 1.5, 1.8, 2]),
    (f"batch {LARGE} and more, over dense FP32", "against_dense", large_in("fp32"), [None, 1.4, 2.5, 4]),
    (f"batch {LARGE} and more, over dense BF16", "against_dense", large_in("bf16"), [None, None, None, 1.2]),
    ("any batch, over cuSPARSE", "against_sparse", linear, [1.5, 2, 2, 2]),
]


def own_kernel(result, name):
    """The fastest of that name: kernels are sorted by time."""
    for kernel in result["kernels"]:
        if kernel["own"] and kernel["kernel"] == name and kernel["precision"] == result["precision"]:
            return kernel
    return None


def comparable(results):
    """What was measured on uniform masks, with caches as they are between the layers of a large network."""
    return [result for result in results
            if result.get("kernels") and result["caches"] == "cold" and result.get("mask", "uniform") == "uniform"]


def where(result):
    return f"{result['shape']}, batch {result['batch']}, {result['precision']}"


def cell_of(results, comparison, density, target):
    """The least speedup of the cases: a target is met where it is met everywhere."""
    measured = [result for result in results
                if abs(result["density"] - density) < 0.002 and result.get(comparison)]
    if not measured:
        return "unmeasured" if target else "-"
    least = min(measured, key=lambda result: result[comparison]["speedup"]["median"])
    speedup = least[comparison]["speedup"]
    kernel = own_kernel(least, least[comparison]["kernel"])
    words = f"{speedup['median']:.2f}x [{speedup['low']:.2f}, {speedup['high']:.2f}]"
    if kernel:
        words += f", {100 * kernel['attained']:.0f}% attained"
    if len(measured) > 1:
        words += f", least of {len(measured)}: {where(least)}"
    if not target:
        return words
    return f"{words}; {target}x {'met' if speedup['median'] >= target else 'MISSED'}"


def targets_table(results):
    rows = []
    for work, comparison, belongs, targets in TARGETS:
        cases = [result for result in comparable(results) if belongs(result)]
        rows.append([work] + [cell_of(cases, comparison, density, target)
                              for density, target in zip(DENSITIES, targets)])
    return markdown(["work"] + [f"{100 * (1 - density):.0f}% sparse" for density in DENSITIES], rows)


def attained_table(results):
    """Only where a kernel is our fastest: that is its range."""
    ranges = {}
    for result in comparable(results):
        ours = [kernel for kernel in result["kernels"] if kernel["own"] and kernel["precision"] == result["precision"]]
        if ours:
            ranges.setdefault(ours[0]["kernel"], []).append((ours[0]["attained"], result))
    rows = []
    for name, cases in sorted(ranges.items()):
        least, result = min(cases, key=lambda case: case[0])
        verdict = "met" if least >= ATTAINED else "MISSED"
        rows.append([name, str(len(cases)), f"{100 * statistics.median(case[0] for case in cases):.0f}%",
                     f"{100 * least:.0f}% ({where(result)}, {100 * result['density']:.4g}%)",
                     f"{100 * ATTAINED:.0f}% {verdict}"])
    return markdown(["our fastest kernel", "cases", "median attained", "least", "target"], rows) if rows else ""


def markdown(headers, rows):
    lines = [headers, ["---"] * len(headers)] + rows
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def targets_of(results):
    """A table for each target with the case of least speedup, and one of what part of its limit each kernel attained."""
    return "\n".join(table for table in (targets_table(results), attained_table(results)) if table)
