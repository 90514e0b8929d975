#include "cli/bench_options.h"

#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "compare/bench_suites.h"
#include "measure/bench_shape.h"

namespace coppice {

namespace {

constexpr const char* kExamples = R"(Shapes:
  MxKxN                     a linear layer: M outputs, K inputs, N columns (its batch)
  OUT,IN,HxW,K[,STRIDE]     a convolution: channels out and in, image, side of its window, stride; padded by K/2
Examples:
  coppice bench --suite spmm --quick
  coppice bench --shape 1024x1024x128 --density 0.1,0.05
  coppice bench --shape 64,64,32x32,3 --shape 128,64,32x32,3,2 --batch 16
  coppice bench --weights pruned.safetensors --image 224x224 --batch 1 --layer 'layer4.*'
  coppice bench --device cuda --suite spmv --precision bf16 --caches cold --out results
  coppice bench --device cuda --suite spmm --dry    what our kernels should take at least; needs no GPU)";

const std::vector<std::int64_t> kBatches = {1, 16, 128};
constexpr std::int64_t kMostImages = 65536;

std::vector<std::string> suite_names() {
  std::vector<std::string> names = layer_suite_names();
  names.insert(names.end(), {"sweep", "networks", "train"});
  return names;
}

const std::vector<std::int64_t>& batches_of(const BenchOptions& options) {
  return options.batches.empty() ? kBatches : options.batches;
}

}  // namespace

std::vector<double> BenchOptions::densities() const {
  return density.empty() ? std::vector<double>{0.1, 0.05, 0.02} : density;
}

WeightsFile BenchOptions::read_weights_file() const {
  return read_weights(weights, image.empty() ? ImageSize{} : parse_image_size(image, "--image"));
}

CLI::App* add_bench_options(CLI::App& app, BenchOptions& options) {
  CLI::App* bench = app.add_subcommand(
      "bench", "Times kernels alone, and training, beside the best dense ones and the machine's limits");
  bench->footer(kExamples);
  bench
      ->add_option("--suite", options.suite,
                   "spmm, gemv, conv: layers of common shapes; sweep: densities from 0 to 1; networks: whole "
                   "pruned ones; train: training beside plain LibTorch. With --device cuda: spmv, spmm, "
                   "conv; update: a step of an "
                   "optimiser under masks, beside LibTorch's")
      ->type_name("NAME");
  bench->add_option("--shape", options.shapes, "A layer with random weights; may be given several times")
      ->type_name("SHAPE");
  bench
      ->add_option(
          "--weights", options.weights,
          "Every 2-D (linear) and 4-D (convolution) tensor of a safetensors file, whoever pruned it; its "
          "zeros are its density")
      ->type_name("FILE");
  bench->add_option("--density", options.density, "Fractions of weights kept: 0.1,0.05,0.02 where not given")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("D,...");
  bench
      ->add_option("--batch", options.batches,
                   "Images at a time, of convolutions and files: 1,16,128 where not given")
      ->delimiter(',')
      ->check(CLI::Range(std::int64_t{1}, kMostImages))
      ->type_name("N,...");
  bench
      ->add_option(
          "--image", options.image,
          "Image that the convolutions of --weights see, where the file does not say: 32x32 where not given")
      ->type_name("HxW");
  bench->add_option("--layer", options.layer, "Only the layers of --weights with such a name")
      ->type_name("GLOB");
  bench
      ->add_option("--precision", options.precisions,
                   "With --device cuda: fp32, tf32, bf16; all where not given")
      ->delimiter(',')
      ->type_name("P,...");
  bench->add_option("--caches", options.caches, "With --device cuda: cold, warm; both where not given")
      ->delimiter(',')
      ->type_name("STATE,...");
  bench
      ->add_option(
          "--mask", options.masks,
          "With --device cuda: uniform, full-row, power-law-rows, one-column-block, empty-blocks: how "
          "nonzeros lie")
      ->delimiter(',')
      ->type_name("MASK,...");
  bench->add_flag("--dry", options.dry,
                  "With --device cuda: each case with what our kernels should take at least; needs no GPU");
  bench
      ->add_option("--out", options.out,
                   "With --device cuda: folder that results are kept in, after every case")
      ->type_name("DIR");
  bench->add_flag("--quick", options.quick, "Fewer cases and shorter samples");
  return bench;
}

namespace {

void refuse_if(bool wrong, const char* why) {
  if (wrong) throw BadInput(std::string("bench: ") + why);
}

}  // namespace

void check(const BenchOptions& options) {
  const int ways = !options.suite.empty() + !options.shapes.empty() + !options.weights.empty();
  if (ways != 1) {
    throw BadInput(fmt::format("bench: {}: give one of --suite ({}), --shape and --weights",
                               ways == 0 ? "nothing to time" : "one thing at a time",
                               join(suite_names(), ", ")));
  }
  const std::vector<std::string> names = suite_names();
  if (!options.suite.empty() && std::find(names.begin(), names.end(), options.suite) == names.end()) {
    throw BadInput(fmt::format("--suite {}: there is none of that name on the CPU, but {}{}", options.suite,
                               join(names, ", "), did_you_mean(options.suite, names)));
  }
  refuse_if(!options.precisions.empty() || !options.caches.empty() || !options.out.empty() ||
                !options.masks.empty() || options.dry,
            "--precision, --caches, --mask, --dry and --out: belong to --device cuda");
  refuse_if(!options.density.empty() && !options.weights.empty(),
            "--density: the zeros of the file's weights are their density");
  refuse_if(!options.density.empty() && options.suite == "train",
            "--density: --suite train trains dense networks");
  refuse_if(!options.batches.empty() && !options.suite.empty(), "--batch: a suite has its own batches");
  refuse_if(!options.image.empty() && options.weights.empty(), "--image: belongs to --weights");
  refuse_if(!options.layer.empty() && options.weights.empty(), "--layer: belongs to --weights");
  if (!options.image.empty()) parse_image_size(options.image, "--image");
  bool batchless = false;
  for (const std::string& text : options.shapes) batchless |= parse_bench_shape(text).images == 0;
  refuse_if(!options.batches.empty() && options.weights.empty() && !batchless,
            "--batch: N of MxKxN is the batch already");
}

void check_on_cuda(const BenchOptions& options) {
  refuse_if(!options.weights.empty() || !options.image.empty() || !options.layer.empty(),
            "--weights, --image and --layer: on the CPU alone, not with --device cuda");
}

std::vector<BenchCase> shape_cases(const BenchOptions& options) {
  std::vector<BenchCase> cases;
  for (const std::string& text : options.shapes) {
    const BenchShape named = parse_bench_shape(text);
    const auto batches = named.images > 0 ? std::vector<std::int64_t>{named.images} : batches_of(options);
    for (const std::int64_t images : batches) {
      check_size(named.shape, images, "--shape " + text);
      for (const double density : options.densities()) {
        cases.push_back(random_case(named.shape, images, density));
      }
    }
  }
  return cases;
}

std::vector<BenchCase> weight_cases(const BenchOptions& options, const WeightsFile& file) {
  std::vector<BenchCase> cases;
  std::vector<std::string> names;
  for (const NamedLayer& named : file.layers) {
    names.push_back(named.name);
    const std::string bare = named.name.substr(0, named.name.rfind(".weight"));
    if (!options.layer.empty() && !matches_glob(options.layer, named.name) &&
        !matches_glob(options.layer, bare))
      continue;
    for (const std::int64_t images : batches_of(options)) {
      check_size(named.layer->shape, images, options.weights + ": " + named.name);
      BenchCase one;
      one.name = bare;
      one.images = images;
      one.layer = [layer = named.layer] { return *layer; };
      one.text =
          fmt::format("{}, batch {}, {:.2f}% density", bare, images, 100 * named.layer->weights.density());
      cases.push_back(std::move(one));
    }
  }
  if (cases.empty()) {
    throw BadInput(fmt::format("--layer {}: matches no layer of {}{}", options.layer, options.weights,
                               did_you_mean(options.layer, names)));
  }
  return cases;
}

}  // namespace coppice
