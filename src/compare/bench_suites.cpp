#include "compare/bench_suites.h"

#include "coppice/error.h"

#include <fmt/format.h>

#include "measure/bench_shape.h"

namespace coppice {

namespace {

/// A layer without a density yet.
struct Sized {
  kernels::LayerShape shape;
  std::int64_t images = 1;
  bool cold = false;
};

std::vector<Sized> spmm(bool quick) {
  std::vector<Sized> sizes;
  for (const std::int64_t columns : {128, 1024}) {
    for (const std::int64_t side : {512, 1024, 2048, 4096}) {
      if (!quick || (columns == 128 && side <= 1024)) sizes.push_back({linear_shape(side, side), columns});
    }
  }
  return sizes;
}

std::vector<Sized> gemv(bool quick) {
  std::vector<Sized> sizes;
  for (const std::int64_t side : {1024, 4096, 8192}) {
    for (const std::int64_t columns : {1, 2, 3}) {
      if (!quick || columns == 1) sizes.push_back({linear_shape(side, side), columns, side == 8192});
    }
  }
  return sizes;
}

std::vector<Sized> conv(bool quick) {
  std::vector<Sized> sizes;
  for (const std::int64_t images : {16, 1}) {
    for (const auto& shape :
         {conv_shape(64, 64, 32, 32, 3), conv_shape(128, 128, 16, 16, 3), conv_shape(256, 256, 8, 8, 3),
          conv_shape(256, 256, 14, 14, 3), conv_shape(128, 64, 32, 32, 3, 2)}) {
      sizes.push_back({shape, images});
    }
    if (quick) break;
  }
  return sizes;
}

struct Suite {
  const char* name;
  std::vector<Sized> (*sizes)(bool quick);
};
constexpr Suite kSuites[] = {{"spmm", spmm}, {"gemv", gemv}, {"conv", conv}};

}  // namespace

std::vector<std::string> layer_suite_names() {
  std::vector<std::string> names;
  for (const Suite& suite : kSuites) names.emplace_back(suite.name);
  return names;
}

std::vector<BenchCase> suite_cases(const std::string& name, const std::vector<double>& densities,
                                   bool quick) {
  std::vector<BenchCase> cases;
  for (const Suite& suite : kSuites) {
    if (suite.name != name) continue;
    for (const Sized& sized : suite.sizes(quick)) {
      for (const double density : densities)
        cases.push_back(random_case(sized.shape, sized.images, density, sized.cold));
    }
    return cases;
  }
  throw Failure(fmt::format("internal: no suite '{}'", name));
}

}  // namespace coppice
