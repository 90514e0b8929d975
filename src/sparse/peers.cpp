#include "sparse/peers.h"

#include "sparse/peer_makers.h"

namespace coppice {

kernels::Candidates peer_candidates() {
  return {libtorch_candidate(),  onednn_candidate(),     mkl_linear_candidate(), mkl_im2col_candidate(),
          torch_csr_candidate(), mkl_sparse_candidate(), eigen_candidate()};
}

kernels::Candidates all_candidates() {
  kernels::Candidates all = kernels::cpu_candidates();
  for (auto& peer : peer_candidates()) all.push_back(peer);
  return all;
}

}  // namespace coppice
