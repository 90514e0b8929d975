// cuda_bench: our kernels beside CUDA's libraries on a GPU. `coppice bench --device cuda` does the same where
// LibTorch is; this program needs none.
#include "coppice/error.h"

#include <new>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/print_result.h"
#include "cuda_bench/run.h"

namespace {

constexpr const char* kExamples =
    R"(Without a suite or shape all suites run, the most important cases first; results so far are kept in --out.
Shapes:
  MxKxN                     a linear layer: M outputs, K inputs, N columns (its batch)
  OUT,IN,HxW,K[,STRIDE]     a convolution: channels out and in, image, side of its window, stride
Examples:
  cuda_bench --quick --out results
  cuda_bench --only spmv --precision bf16 --caches cold --out results
  cuda_bench --shape 4096x4096x1 --density 0.1,0.02
  cuda_bench --shape 256,256,14x14,3 --batch 64 --precision fp32 --json
  cuda_bench --only conv --dry                  the limits alone, from figures of an H200; needs no GPU)";

int run(int argc, char** argv) {
  using namespace coppice;
  CLI::App app("Times Coppice's CUDA kernels beside cuSPARSE, cuBLASLt and cuDNN and the device's limits.",
               "cuda_bench");
  app.footer(kExamples);
  CudaBenchOptions options;
  bool json = false, quiet = false, list = false;
  std::string suites;
  for (const CudaSuite& suite : cuda_suites())
    suites += (suites.empty() ? "" : "; ") + suite.name + ": " + suite.what;
  app.add_option("--only,--suite", options.suites, suites)->delimiter(',')->type_name("NAME,...");
  app.add_option("--shape", options.shapes, "A layer with random weights; may be given several times")
      ->type_name("SHAPE");
  app.add_option("--density", options.densities, "Fractions of weights kept")
      ->delimiter(',')
      ->type_name("D,...");
  app.add_option("--precision", options.precisions, "fp32, tf32, bf16")->delimiter(',')->type_name("P,...");
  app.add_option("--caches", options.caches, "cold, warm")->delimiter(',')->type_name("STATE,...");
  app.add_option("--mask", options.masks,
                 "uniform, full-row, power-law-rows, one-column-block, empty-blocks: how the nonzeros lie")
      ->delimiter(',')
      ->type_name("MASK,...");
  app.add_option("--batch", options.batches, "Images at a time")->delimiter(',')->type_name("N,...");
  app.add_flag("--quick", options.quick, "The most important cases alone");
  app.add_flag("--dry", options.dry, "Each case with what our kernels should take at least; needs no GPU");
  app.add_option("--out", options.out, "Folder that results are kept in, after every case")->type_name("DIR");
  app.add_option("--device", options.device, "Number of the GPU")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--list-devices", list, "The GPUs that can be used, and nothing else");
  app.add_flag("--json", json, "One JSON document on stdout and nothing else");
  app.add_flag("--quiet", quiet, "No progress");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // help is an "error" with code 0
  }
  if (list) {
    print_result(cuda_devices_text());
    return 0;
  }
  const CudaBenchOutcome outcome = run_cuda_bench(options, [quiet](const std::string& what) {
    if (!quiet) fmt::print(stderr, "{} ...\n", what);
  });
  print_result(json ? outcome.json.dump(2) + "\n" : outcome.text);
  throw_if_wrong(outcome);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  coppice::catch_interrupts();
  try {
    return run(argc, argv);
  } catch (const coppice::Error& error) {
    fmt::print(stderr, "cuda_bench: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "cuda_bench: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "cuda_bench: unexpected failure: {}\n", error.what());
    return 1;
  }
}
