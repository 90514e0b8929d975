// Finds the winning ticket of a network given in C++, on the synthetic task: a few seconds on one core.
// Run it again and it shows the finished run at once; kill it and run it again, and it goes on.
#include <coppice/error.h>
#include <coppice/ticket.h>
#include <cstdio>

int main() try {
  coppice::Config config;
  config.name = "example";
  config.data.dataset = "synthetic";
  config.data.synthetic_shape = {1, 12, 12};
  config.data.synthetic_examples = 4000;
  config.data.validation = 500;
  config.train.length = {3, 0};  // epochs, steps
  config.prune.fraction = 0.5;   // of the surviving weights, each level
  config.prune.levels = 4;
  config.prune.exclude = {"out"};
  const coppice::Data data = coppice::load_data(config.data);

  using coppice::Op;
  coppice::Network network{"two-hidden-layers", data.pool.image, data.classes, {}};
  network.nodes = {
      {.op = Op::kFlatten, .name = "flat"}, {.op = Op::kLinear, .name = "hidden1", .out = 64},
      {.op = Op::kRelu, .name = "relu1"},   {.op = Op::kLinear, .name = "hidden2", .out = 32},
      {.op = Op::kRelu, .name = "relu2"},   {.op = Op::kLinear, .name = "out", .out = data.classes},
  };

  const coppice::SearchResult search =
      coppice::find_ticket(coppice::complete(network), data, config, {.threads = 1});
  for (const coppice::LevelRecord& level : search.records)
    std::printf("level %lld: density %.3f, test accuracy %.3f\n", static_cast<long long>(level.level),
                level.density.of_prunable, level.final.test.accuracy());
  std::printf("the ticket is level %lld at %.1f%% density, in %s\n",
              static_cast<long long>(search.ticket.level), 100 * search.ticket.density,
              search.folder.c_str());
  return 0;
} catch (const coppice::Error& error) {
  std::fprintf(stderr, "find_ticket: %s\n", error.what());
  return error.exit_code();
}
