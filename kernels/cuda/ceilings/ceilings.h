#pragma once

namespace coppice::kernels {

/// A rate or a time over several samples; all 0 where it was not measured.
struct Ceiling {
  double median = 0, low = 0, high = 0;
};

/// What a device can do at most, measured by probes (probes.h) that do one thing each.
struct CudaCeilings {
  Ceiling hbm_read_gb_s;        ///< Streaming reads of much more than L2 holds.
  Ceiling l2_read_gb_s;         ///< Streaming reads of what L2 holds and L1 does not.
  Ceiling shared_gb_s;          ///< 16-byte reads from shared memory without conflicts.
  Ceiling shared_gather_gb_s;   ///< Reads of single words at random, as a sparse kernel gathers.
  Ceiling fp32_gflops;          ///< Multiply-adds count two operations.
  Ceiling mma_bf16_gflops;      ///< Of mma.sync, which our kernels use; 0 before sm_80.
  Ceiling launch_s;             ///< From one launch to the next, queued by the host one by one.
  Ceiling graph_launch_s;       ///< The same inside a CUDA graph.
  Ceiling overlapped_launch_s;  ///< In a graph with programmatic dependent launch (from sm_90 on).
};

}  // namespace coppice::kernels
