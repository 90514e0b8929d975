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
               against_sparse={"speedup": {"median": 2468.1, "low": 2400, "high": 2500}},
               against_dense={"speedup": {"median": 2.2, "low": 2.15, "high": 2.25}},
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

    for content in ["{", "[]", "{}", json.dumps(RUN | {"results": [{}]})]:
        bad = pathlib.Path(folder, "bad.json")
        bad.write_text(content)
        done = run(bad)
        assert done.returncode == 2 and "bad.json" in done.stderr and done.stdout == "", (content, done)
    done = run(pathlib.Path(folder, "none.json"))
    assert done.returncode == 2 and "No such file" in done.stderr, done
    assert run().returncode == 2
print("ok")
