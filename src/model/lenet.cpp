// LeNet-300-100: LeCun et al. 1998's fully connected network, with the ReLUs of Frankle & Carbin 2019.
#include "model/builder.h"

namespace coppice {

std::vector<Recipe> lenet_recipes() {
  return {{"lenet-300-100", [](Builder& b) {
             b.plain(Op::kFlatten, "flatten");
             b.linear("fc1", b.hidden(300));
             b.plain(Op::kRelu, "relu1");
             b.linear("fc2", b.hidden(100));
             b.plain(Op::kRelu, "relu2");
             b.linear("fc3", b.classes());
           }}};
}

}  // namespace coppice
