#pragma once
#include <memory>

#include "kernels/candidate.h"

namespace coppice {

// One peer each, for peers.cpp. The number of threads is LibTorch's (at::set_num_threads, which sets OpenMP's
// and MKL's too), for all but Eigen: it takes the request's.
std::shared_ptr<const kernels::Candidate> libtorch_candidate();
std::shared_ptr<const kernels::Candidate> onednn_candidate();
std::shared_ptr<const kernels::Candidate> mkl_linear_candidate();  ///< Linear layers on dense MKL.
std::shared_ptr<const kernels::Candidate> mkl_im2col_candidate();  ///< Dense, after im2col.
std::shared_ptr<const kernels::Candidate> torch_csr_candidate();
std::shared_ptr<const kernels::Candidate> mkl_sparse_candidate();
std::shared_ptr<const kernels::Candidate> eigen_candidate();

}  // namespace coppice
