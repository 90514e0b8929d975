#include <utility>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/libraries.h"

namespace coppice::kernels {

namespace {

class AbsentCandidate : public CudaCandidate {
 public:
  AbsentCandidate(std::string name, bool sparse, std::string why)
      : name_(std::move(name)), sparse_(sparse), why_(std::move(why)) {}
  std::string name() const override { return name_; }
  bool sparse() const override { return sparse_; }
  std::string refusal(const CudaRequest&) const override { return why_; }
  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest&) const override { throw CudaError(why_); }

 private:
  std::string name_;
  bool sparse_;
  std::string why_;
};

}  // namespace

std::shared_ptr<const CudaCandidate> absent_candidate(std::string name, bool sparse, std::string why) {
  return std::make_shared<const AbsentCandidate>(std::move(name), sparse, std::move(why));
}

}  // namespace coppice::kernels
