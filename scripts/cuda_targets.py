"""Sets results of cuda_bench beside the speedups that our kernels are meant to reach: cuda_table.py --targets."""
import re
import statistics

DENSITIES = [0.2, 0.1, 0.05, 0.02]  # as columns: 80%, 90%, 95%, 98% sparse
CONV_DENSITIES = [0.1, 0.05, 0.02, 0.01]
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


def resnet_in(precision):
    return lambda result: (result["shape"], result["batch"], result["precision"]) == ("256x2304, 3x3, 14x14", 64, precision)


def square_3x3_alone(result):
    """3x3 windows on one image, as many channels out as in, 64 to 512 of them."""
    match = re.fullmatch(r"(\d+)x(\d+), 3x3, \d+x\d+", result["shape"])
    return match is not None and result["batch"] == 1 and 64 <= int(match[1]) <= 512 and 9 * int(match[1]) == int(match[2])


CONV_TARGETS = [  # the same, speedups at CONV_DENSITIES
    ("3x3, 256 to 256, 14x14, batch 64: FP32 over dense FP32", "against_dense", resnet_in("fp32"), [None, 1.3, 2.7, None]),
    ("the same: bf16 over dense FP32", "against_fp32", resnet_in("bf16"), [None, 2.6, 5.4, None]),
    ("the same: bf16 over dense BF16", "against_dense", resnet_in("bf16"), [None] * 4),
    ("3x3, 64 to 512 channels, batch 1: over dense in the same precision", "against_dense", square_3x3_alone,
     [None, 1.5, None, None]),
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


def targets_table(results, table, densities):
    rows = []
    for work, comparison, belongs, targets in table:
        cases = [result for result in comparable(results) if belongs(result)]
        rows.append([work] + [cell_of(cases, comparison, density, target)
                              for density, target in zip(densities, targets)])
    return markdown(["work"] + [f"{100 * (1 - density):.0f}% sparse" for density in densities], rows)


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
    """Tables of linear layers' and convolutions' targets, each with the case of least speedup, and one of what part of its
    limit each kernel attained."""
    tables = (targets_table(results, TARGETS, DENSITIES), targets_table(results, CONV_TARGETS, CONV_DENSITIES),
              attained_table(results))
    return "\n".join(table for table in tables if table)
