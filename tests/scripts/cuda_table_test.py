"""scripts/cuda_table.py on a small results file written by hand, and on files that are none."""
import json
import pathlib
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "cuda_table.py"


def kernel(name, own, sparse, precision, median, attained):
    return {"kernel": name, "own": own, "sparse": sparse, "precision": precision,
            "time_us": {"median": median, "low": median, "high": median}, "attained": attained}


def result(caches, **more):
    return {"suite": "spmv", "shape": "4096x4096", "batch": 1, "density": 0.1, "precision": "bf16", "caches": caches,
            "limits": {"speedup": 2.536}} | more


RUN = {
    "suite": "spmv", "driver": "580.1", "date": "2026-01-31T12:00:00Z", "planned": 3,
    "device": {"name": "Some GPU", "cuda_runtime": "13.0"},
    "libraries": [{"name": "cuSPARSE", "version": "12.6", "problem": ""},
                  {"name": "cuDNN", "version": "", "problem": "not found"}],
    "ceilings": {"hbm_read_gb_s": {"median": 4321.4, "low": 1, "high": 2}, "mma_bf16_gflops": None,
                 "fp32_gflops": {"median": 61234, "low": 1, "high": 2},
                 "graph_launch_s": {"median": 1.5e-6, "low": 1, "high": 2}},
    "results": [
        result("cold",
               kernels=[kernel("ours", True, True, "bf16", 5.0126, 0.813), kernel("slow", False, True, "bf16", 12345.6, 1),
                        kernel("dense", False, False, "bf16", 11, 0.9)],
               against_sparse={"kernel": "ours", "speedup": {"median": 2468.1, "low": 2400, "high": 2500}},
               against_dense={"kernel": "ours", "speedup": {"median": 2.2, "low": 2.15, "high": 2.25}},
               gpu={"before": {"throttle_reasons": ["idle"]}, "after": {"throttle_reasons": ["software power cap"]}},
               refused=[{"kernel": "picky", "precision": "bf16", "why": "no 2:4 mask"}],
               wrong=[{"kernel": "liar", "precision": "bf16", "why": "row 0: 1 instead of 2"}]),
        result("warm", kernels=[kernel("dense", False, False, "fp32", 11, 0.9)], against_sparse=None,
               against_dense=None, gpu={"before": {"unavailable": "no NVML"}, "after": {"throttle_reasons": None}},
               refused=[{"kernel": "picky", "precision": "bf16", "why": "no 2:4 mask"}], wrong=[]),
    ],
}
EXPECTED = """\
## Some GPU, driver 580.1, CUDA 13.0, 2026-01-31

Libraries: cuSPARSE 12.6, no cuDNN (not found).

Ceilings: HBM 4321 GB/s, FP32 61.23 TFLOP/s, in a graph 1.5 us.

### spmv, bf16, cold caches

| layer | batch | density | ours, us | sparse library, us | dense library, us | over sparse | over dense | limit | attained |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 4096x4096 | 1 | 10% | 5.013 (ours) | 12346 (slow) | 11 (dense) | 2468.10x [2400.00, 2500.00] | 2.20x [2.15, 2.25] | 2.54x | 81% |

### spmv, bf16, warm caches

| layer | batch | density | ours, us | sparse library, us | dense library, us | over sparse | over dense | limit | attained |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 4096x4096 | 1 | 10% | - | - | - | - | - | 2.54x | - |

- WRONG: 4096x4096, batch 1, 10%: liar in bf16: row 0: 1 instead of 2
- The GPU held its clocks down in 1 of 2 cases.
- 2 of 3 cases: the run was cut short.
- Not timed: picky in 2 cases: no 2:4 mask
"""


def measured(shape, batch, density, precision, speedup, attained, sparse=None, **more):
    """Our kernel "k" at so many times the speed of the dense library's and of the sparse one's."""
    def ratio(median):
        return {"kernel": "k", "speedup": {"median": median, "low": median - 0.1, "high": median + 0.1}}
    return {"suite": "spmm", "shape": shape, "batch": batch, "density": density, "precision": precision,
            "caches": "cold", "limits": {"speedup": 3}, "kernels": [kernel("k", True, True, precision, 5, attained)],
            "against_dense": ratio(speedup), "against_sparse": ratio(sparse) if sparse else None} | more


TARGET_RESULTS = [
    measured("8192x8192", 16, 0.2, "bf16", 1.6, 0.7, sparse=1.4),
    measured("8192x8192", 16, 0.1001, "bf16", 2.2, 0.65, sparse=9),
    measured("8192x8192", 16, 0.1, "bf16", 9, 0.01, mask="full-row"),
    measured("8192x8192", 16, 0.1, "bf16", 9, 0.01, caches="warm"),
    measured("4096x4096", 512, 0.02, "fp32", 4.5, 0.8), measured("512x4608", 1024, 0.02, "fp32", 4.25, 0.9),
    measured("64x576, 3x3, 32x32", 512, 0.02, "fp32", 0.5, 0.8),  # no matrix
    measured("4096x4096", 512, 0.05, "bf16", 0.9, 0.5),
]
CONV = "256x2304, 3x3, 14x14"
CONV_RESULTS = [
    measured(CONV, 64, 0.05, "fp32", 1.4, 0.7), measured(CONV, 64, 0.02, "fp32", 2.6, 0.65),
    measured(CONV, 64, 0.05, "bf16", 0.9, 0.6,
             against_fp32={"kernel": "k", "speedup": {"median": 2.7, "low": 2.6, "high": 2.8}}),
    measured("64x576, 3x3, 56x56", 1, 0.0499, "fp32", 1.6, 0.7), measured("512x4608, 3x3, 7x7", 1, 0.05, "bf16", 1.2, 0.7),
    measured("512x576, 3x3, 7x7", 1, 0.05, "bf16", 0.1, 0.7),  # fewer channels in than out
    measured("128x576, 3x3 stride 2, 56x56", 1, 0.05, "bf16", 0.1, 0.7),
]
EXPECTED_CONV_TARGETS = """\
| work | 90% sparse | 95% sparse | 98% sparse | 99% sparse |
| --- | --- | --- | --- | --- |
| 3x3, 256 to 256, 14x14, batch 64: FP32 over dense FP32 | - | 1.40x [1.30, 1.50], 70% attained; 1.3x met | \
2.60x [2.50, 2.70], 65% attained; 2.7x MISSED | - |
| the same: bf16 over dense FP32 | - | 2.70x [2.60, 2.80], 60% attained; 2.6x met | unmeasured | - |
| the same: bf16 over dense BF16 | - | 0.90x [0.80, 1.00], 60% attained | - | - |
| 3x3, 64 to 512 channels, batch 1: over dense in the same precision | - | 1.20x [1.10, 1.30], 70% attained, \
least of 2: 512x4608, 3x3, 7x7, batch 1, bf16; 1.5x MISSED | - | - |
"""
TURNED = {"kernel": "k", "time_us": {"median": 9, "low": 8, "high": 10}, "over_dense": {"median": 1.5, "low": 1.4, "high": 1.6},
          "entry": {"layouts": "plain -> images-last", "time_us": {"median": 3.5, "low": 3, "high": 4}, "attained": 0.85},
          "exit": None}
EXPECTED_CONV = """\
| layer | batch | density | ours, us | sparse library, us | dense library, us | over sparse | over dense | limit | attained | \
conversions in, out, us | ours with them, us | with them over dense | over dense FP32 |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| 256x2304, 3x3, 14x14 | 64 | 5% | 5 (k) | - | - | - | 0.90x [0.80, 1.00] | 3.00x | 60% | 3.5 (85%), none | 9 | \
1.50x [1.40, 1.60] | 2.70x [2.60, 2.80] |
| 256x2304, 3x3, 14x14 | 64 | 2% | 5 (k) | - | - | - | 0.80x [0.70, 0.90] | 3.00x | 60% | - | - | - | - |
"""
UNMEASURED_CONV = """\
| work | 90% sparse | 95% sparse | 98% sparse | 99% sparse |
| --- | --- | --- | --- | --- |
| 3x3, 256 to 256, 14x14, batch 64: FP32 over dense FP32 | - | unmeasured | unmeasured | - |
| the same: bf16 over dense FP32 | - | unmeasured | unmeasured | - |
| the same: bf16 over dense BF16 | - | - | - | - |
| 3x3, 64 to 512 channels, batch 1: over dense in the same precision | - | unmeasured | - | - |
"""
EXPECTED_TARGETS = """\
| work | 80% sparse | 90% sparse | 95% sparse | 98% sparse |
| --- | --- | --- | --- | --- |
| 8192x8192, batch 16, over dense BF16 | 1.60x [1.50, 1.70], 70% attained; 1.5x met | \
2.20x [2.10, 2.30], 65% attained; 2.3x MISSED | unmeasured | unmeasured |
| 8192x8192, batch 64, over dense BF16 | unmeasured | unmeasured | unmeasured | unmeasured |
| batch 512 and more, over dense FP32 | - | unmeasured | unmeasured | \
4.25x [4.15, 4.35], 90% attained, least of 2: 512x4608, batch 1024, fp32; 4x met |
| batch 512 and more, over dense BF16 | - | - | 0.90x [0.80, 1.00], 50% attained | unmeasured |
| any batch, over cuSPARSE | 1.40x [1.30, 1.50], 70% attained; 1.5x MISSED | \
9.00x [8.90, 9.10], 65% attained, least of 2: 8192x8192, batch 16, bf16; 2x met | unmeasured | unmeasured |

""" + UNMEASURED_CONV + """
| our fastest kernel | cases | median attained | least | target |
| --- | --- | --- | --- | --- |
| k | 6 | 75% | 50% (4096x4096, batch 512, bf16, 5%) | 60% MISSED |
| ours | 1 | 81% | 81% (4096x4096, batch 1, bf16, 10%) | 60% met |
"""
SKEWED = [{"shape": "4096x4096", "batch": 64, "density": 0.05, "precision": "bf16", "caches": "cold",
           "mask": "full-row", "kernel": "ours", "over_uniform": {"median": 1.25, "low": 1.2, "high": 1.3}}]
EXPECTED_SKEWED = """\
### Skewed masks

| layer | batch | density | in | mask | kernel | time over uniform |
| --- | --- | --- | --- | --- | --- | --- |
| 4096x4096 | 64 | 5% | bf16 | full-row | ours | 1.25x [1.20, 1.30] |
"""


def way(name, own, median, **more):
    return {"name": name, "own": own, "time_us": {"median": median, "low": median, "high": median}} | more


UPDATE = RUN | {"suite": "update", "planned": 2, "results": [{
    "network": "resnet-20", "optimizer": "sgd", "density": 0.1, "caches": "cold",
    "ways": [way("own", True, 5, attained=0.7, bandwidth=0.25), way("own, pruned are zero", True, 4, attained=0.8, bandwidth=0.2),
             way("fused, mask values", False, 12.5, over_own={"median": 2.5, "low": 2.4, "high": 2.6},
                 over_own_zero={"median": 3.125, "low": 3, "high": 3.25}),
             way("foreach", False, 20, over_own={"median": 4, "low": 4, "high": 4})],
    "wrong": [{"way": "liar", "why": "element 0"}]}]}
EXPECTED_UPDATE = EXPECTED[:EXPECTED.index("### spmv")] + """\
### One optimiser step under masks

| network | optimizer | density | caches | ours, us | ours, pruned are zero, us | attained | of bandwidth | \
LibTorch's way | its us | over ours | over ours, pruned are zero |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| resnet-20 | sgd | 10% | cold | 5 | 4 | 70% / 80% | 25% / 20% | fused, mask values | 12.5 | 2.50x [2.40, 2.60] | 3.12x [3.00, 3.25] |
| resnet-20 | sgd | 10% | cold | 5 | 4 | 70% / 80% | 25% / 20% | foreach | 20 | 4.00x [4.00, 4.00] | - |

- WRONG: resnet-20, sgd: liar: element 0
- 1 of 2 cases: the run was cut short.
"""


def run(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


with tempfile.TemporaryDirectory() as folder:
    good, dry = pathlib.Path(folder, "good.json"), pathlib.Path(folder, "dry.json")
    good.write_text(json.dumps(RUN))
    done = run(good)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout == EXPECTED, done.stdout

    dry.write_text(json.dumps(RUN | {"device": None, "ceilings": None, "planned": 1, "results": [result("cold")]}))
    done = run(good, dry)
    assert done.returncode == 0, done
    assert done.stdout.startswith(EXPECTED + "\n## Predicted from assumed rates, nothing measured\n"), done.stdout

    targets = pathlib.Path(folder, "targets.json")
    targets.write_text(json.dumps(RUN | {"results": TARGET_RESULTS}))
    done = run("--targets", targets, good)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout == EXPECTED_TARGETS, done.stdout
    done = run("--targets", dry)
    assert done.returncode == 0 and done.stdout.count("unmeasured") == 21 and done.stdout.count("\n") == 14, done.stdout
    targets.write_text(json.dumps(RUN | {"results": CONV_RESULTS}))
    done = run("--targets", targets)
    assert done.returncode == 0 and EXPECTED_CONV_TARGETS in done.stdout, done.stdout
    turned = [CONV_RESULTS[2] | {"with_conversions": TURNED},
              measured(CONV, 64, 0.02, "bf16", 0.8, 0.6, with_conversions=None, against_fp32=None)]
    targets.write_text(json.dumps(RUN | {"results": turned}))
    done = run(targets)
    assert done.returncode == 0 and EXPECTED_CONV in done.stdout, done.stdout
    targets.write_text(json.dumps(RUN | {"skewed": SKEWED}))
    done = run(targets)
    assert done.stdout == EXPECTED.replace("\n- WRONG", "\n" + EXPECTED_SKEWED + "\n- WRONG"), done.stdout

    update = pathlib.Path(folder, "update.json")
    update.write_text(json.dumps(UPDATE))
    done = run(update)
    assert (done.returncode, done.stdout) == (0, EXPECTED_UPDATE), done.stdout
    done = run("--targets", targets, update)
    assert done.returncode == 0 and "resnet-20" not in done.stdout, done

    for content in ["{", "[]", "{}", json.dumps(RUN | {"results": [{}]}), json.dumps(UPDATE | {"results": [{}]})]:
        bad = pathlib.Path(folder, "bad.json")
        bad.write_text(content)
        done = run(bad)
        assert done.returncode == 2 and "bad.json" in done.stderr and done.stdout == "", (content, done)
    done = run(pathlib.Path(folder, "none.json"))
    assert done.returncode == 2 and "No such file" in done.stderr, done
    assert run().returncode == 2
print("ok")
