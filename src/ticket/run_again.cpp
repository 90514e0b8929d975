#include "ticket/run_again.h"

#include <fmt/format.h>

#include "base/machine.h"
#include "kernels/cpu/isa.h"
#include "ticket/record.h"
#include "train/libtorch/version.h"

namespace coppice {

const Data& RunAgain::data() {
  if (data_) return *data_;
  const auto recorded =
      reading(paths_.run(), [](const Json& json) { return json.at("data").at("sha256").get<std::string>(); });
  try {
    data_ = load_data(config_.data);
  } catch (const BadInput& missing) {
    throw CannotRepeat(fmt::format("needs the run's data: {}", missing.what()));
  }
  if (data_->sha256 != recorded) {
    data_.reset();
    throw CannotRepeat("needs the run's data, and what is found there now is other data");
  }
  return *data_;
}

Device RunAgain::device() const {
  const Json run = read_json(paths_.run());
  const auto same = [&](const char* section, const char* key, const std::string& here) {
    const auto then = run.at(section).at(key).get<std::string>();
    if (then == here) return;
    throw CannotRepeat(
        fmt::format("derivatives round differently here: {} was '{}' and is '{}'", key, then, here));
  };
  same("machine", "cpu", this_machine().cpu);
  same("conditions", "isa", std::string(kernels::isa_name(kernels::isa())));
  same("conditions", "libtorch", torch_version());
  try {
    return resolve_device(run.at("conditions").at("device").get<std::string>(),
                          run.at("conditions").at("threads").get<int>());
  } catch (const BadInput& missing) {
    throw CannotRepeat(missing.what());
  }
}

}  // namespace coppice
