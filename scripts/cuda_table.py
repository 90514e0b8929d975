#!/usr/bin/env python3
"""Makes Markdown tables from results files of cuda_bench (or `coppice bench --device cuda --out`).

  scripts/cuda_table.py spmv.json [MORE.json...] > docs/measurements/cuda-kernels.md
  scripts/cuda_table.py --targets spmm.json [MORE.json...]

Each file becomes a section: device, driver and date, libraries, the measured ceilings, and for every suite, precision and state
of the caches a table of our fastest kernel beside the fastest sparse and dense library kernels and the limits.

Of convolutions it also has our kernel's time with the conversions from and to plain activations, and in bf16 what it
gains over dense FP32, which is another precision.

With --targets instead three tables of all files together: for each target of linear layers, and of convolutions, the
case of uniform mask and cold caches with the least speedup (median [95% interval], the kernel's part of its own limit,
met or missed; "unmeasured" where there is no such case), and for each of our kernels, where it is our fastest, what
part of its own limit it attained.

Needs nothing but Python. Exits 2 where a file is not such a results file.
"""
import json
import sys

sys.dont_write_bytecode = True
from cuda_targets import markdown, targets_of

CEILINGS = [  # key, name, scale, unit
    ("hbm_read_gb_s", "HBM", 1, "GB/s"), ("l2_read_gb_s", "L2", 1, "GB/s"),
    ("shared_gb_s", "shared memory", 1, "GB/s"), ("shared_gather_gb_s", "random words of it", 1, "GB/s"),
    ("fp32_gflops", "FP32", 1e-3, "TFLOP/s"), ("mma_bf16_gflops", "mma.sync BF16", 1e-3, "TFLOP/s"),
    ("launch_s", "launch", 1e6, "us"), ("graph_launch_s", "in a graph", 1e6, "us"),
    ("overlapped_launch_s", "overlapped", 1e6, "us"),
]
HEADERS = ["layer", "batch", "density", "ours, us", "sparse library, us", "dense library, us", "over sparse",
           "over dense", "limit", "attained"]
CONV_HEADERS = ["conversions in, out, us", "ours with them, us", "with them over dense", "over dense FP32"]
SKEW_HEADERS = ["layer", "batch", "density", "in", "mask", "kernel", "time over uniform"]


def number(value):
    """Four digits, as many as a time has."""
    return f"{value:.4g}" if value < 1e4 else f"{value:.0f}"


def fastest(result, own, sparse, precision):
    """The first is: kernels of the case's precision are sorted by time, and those of each other one too."""
    for kernel in result.get("kernels", []):
        if (kernel["own"], kernel["sparse"], kernel["precision"]) == (own, sparse, precision):
            return kernel
    return None


def time_cell(kernel):
    return f"{number(kernel['time_us']['median'])} ({kernel['kernel']})" if kernel else "-"


def factor_cell(factor):
    return f"{factor['median']:.2f}x [{factor['low']:.2f}, {factor['high']:.2f}]" if factor else "-"


def speedup_cell(comparison):
    return factor_cell(comparison and comparison["speedup"])


def layer_cell(result):
    mask = result.get("mask", "uniform")
    return result["shape"] if mask == "uniform" else f"{result['shape']} {mask}"


def row_of(result):
    precision = result["precision"]
    ours = fastest(result, True, True, precision)
    return [layer_cell(result), str(result["batch"]), f"{100 * result['density']:.4g}%", time_cell(ours),
            time_cell(fastest(result, False, True, precision)), time_cell(fastest(result, False, False, precision)),
            speedup_cell(result.get("against_sparse")), speedup_cell(result.get("against_dense")),
            f"{result['limits']['speedup']:.2f}x", f"{100 * ours['attained']:.0f}%" if ours else "-"]


def conversion_cell(conversion):
    """"none" where the kernel takes or gives plain activations."""
    return f"{number(conversion['time_us']['median'])} ({100 * conversion['attained']:.0f}%)" if conversion else "none"


def conv_cells(result):
    """What is added to a convolution's row."""
    beside = result.get("with_conversions")
    fp32 = speedup_cell(result.get("against_fp32"))
    if not beside:
        return ["-", "-", "-", fp32]
    return [f"{conversion_cell(beside['entry'])}, {conversion_cell(beside['exit'])}",
            number(beside["time_us"]["median"]), factor_cell(beside["over_dense"]), fp32]


def skew_row(one):
    return [one["shape"], str(one["batch"]), f"{100 * one['density']:.4g}%", one["precision"], one["mask"], one["kernel"],
            factor_cell(one["over_uniform"])]


def title_of(run):
    device = run["device"]
    if device is None:
        return "Predicted from assumed rates, nothing measured"
    driver = run["driver"] or "unknown"
    return f"{device['name']}, driver {driver}, CUDA {device['cuda_runtime']}, {run['date'][:10]}"


def libraries_of(run):
    """Their versions: a comparison is with these and no others."""
    found = [f"{library['name']} {library['version']}" for library in run["libraries"] if not library["problem"]]
    missing = [f"no {library['name']} ({library['problem']})" for library in run["libraries"] if library["problem"]]
    return f"Libraries: {', '.join(found + missing)}.\n\n" if found or missing else ""


def ceilings_of(run):
    measured = run["ceilings"]
    if measured is None:
        return ""
    words = [f"{name} {number(scale * measured[key]['median'])} {unit}"
             for key, name, scale, unit in CEILINGS if measured.get(key)]
    return "Ceilings: " + ", ".join(words) + ".\n\n"


UPDATE_HEADERS = ["network", "optimizer", "density", "caches", "ours, us", "ours, pruned are zero, us", "attained",
                  "of bandwidth", "LibTorch's way", "its us", "over ours", "over ours, pruned are zero"]


def update_rows(result):
    """A row for each of LibTorch's ways, beside ours."""
    ours = [way for way in result.get("ways", []) if way["own"]]
    times = [number(way["time_us"]["median"]) for way in ours]
    what = [result["network"], result["optimizer"], f"{100 * result['density']:.4g}%", result["caches"],
            *(times + ["-", "-"])[:2], " / ".join(f"{100 * way['attained']:.0f}%" for way in ours) or "-",
            " / ".join(f"{100 * way['bandwidth']:.0f}%" for way in ours) or "-"]
    def over(ratio):
        return f"{ratio['median']:.2f}x [{ratio['low']:.2f}, {ratio['high']:.2f}]" if ratio else "-"
    return [what + [way["name"], number(way["time_us"]["median"]), over(way.get("over_own")), over(way.get("over_own_zero"))]
            for way in result.get("ways", []) if not way["own"]]


def update_section(run):
    """Of `coppice bench --device cuda --suite update`."""
    rows = [row for result in run["results"] for row in update_rows(result)]
    remarks = [f"- WRONG: {result['network']}, {result['optimizer']}: {wrong['way']}: {wrong['why']}\n"
               for result in run["results"] for wrong in result.get("wrong", [])]
    if len(run["results"]) < run["planned"]:
        remarks.append(f"- {len(run['results'])} of {run['planned']} cases: the run was cut short.\n")
    return (f"## {title_of(run)}\n\n{libraries_of(run)}{ceilings_of(run)}### One optimiser step under masks\n\n"
            + markdown(UPDATE_HEADERS, rows) + "\n" + "".join(remarks) + ("\n" if remarks else ""))


def remarks_of(run):
    """Wrong outputs, slowdowns, and each refusal once with how many cases it concerns."""
    lines, refused, slow = [], {}, 0
    for result in run["results"]:
        name = f"{layer_cell(result)}, batch {result['batch']}, {100 * result['density']:.4g}%"
        for wrong in result.get("wrong", []):
            lines.append(f"WRONG: {name}: {wrong['kernel']} in {wrong['precision']}: {wrong['why']}")
        for absence in result.get("refused", []):
            key = (absence["kernel"], absence["why"])
            refused[key] = refused.get(key, 0) + 1
        states = result.get("gpu", {}).values()
        reasons = {reason for state in states for reason in state.get("throttle_reasons") or []}
        slow += any("slowdown" in reason or "power" in reason for reason in reasons)
    if slow:
        lines.append(f"The GPU held its clocks down in {slow} of {len(run['results'])} cases.")
    if len(run["results"]) < run["planned"]:
        lines.append(f"{len(run['results'])} of {run['planned']} cases: the run was cut short.")
    for (kernel, why), cases in sorted(refused.items()):
        lines.append(f"Not timed: {kernel} in {cases} case{'s' if cases > 1 else ''}: {why}")
    return "".join(f"- {line}\n" for line in lines)


def section_of(run):
    text = f"## {title_of(run)}\n\n{libraries_of(run)}{ceilings_of(run)}"
    tables = {}
    for result in run["results"]:
        tables.setdefault((result["suite"], result["precision"], result["caches"]), []).append(result)
    for (suite, precision, caches), results in tables.items():
        convolutions = any("with_conversions" in result for result in results)
        rows = [row_of(result) + (conv_cells(result) if convolutions else []) for result in results]
        headers = HEADERS + CONV_HEADERS if convolutions else HEADERS
        text += f"### {suite}, {precision}, {caches} caches\n\n{markdown(headers, rows)}\n"
    skewed = run.get("skewed", [])
    if skewed:
        text += f"### Skewed masks\n\n{markdown(SKEW_HEADERS, [skew_row(one) for one in skewed])}\n"
    remarks = remarks_of(run)
    return text + (remarks + "\n" if remarks else "")


def main(paths):
    if not paths or paths[0] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stdout if paths else sys.stderr)
        return 0 if paths else 2
    targets = paths[0] == "--targets"
    sections, results = [], []
    for path in paths[targets:]:
        try:
            with open(path, encoding="utf-8") as file:
                run = json.load(file)
            if run["suite"] == "update":
                sections.append(update_section(run))
                continue
            sections.append(section_of(run))
            targets_of(run["results"])  # what is missing in it is this file's fault
            results += run["results"]
        except OSError as error:
            print(f"cuda_table: {path}: {error.strerror}", file=sys.stderr)
            return 2
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"cuda_table: {path}: no results file of cuda_bench ({error!r})", file=sys.stderr)
            return 2
    print((targets_of(results) if targets else "".join(sections)).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
