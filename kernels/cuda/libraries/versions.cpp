#include "kernels/cuda/libraries/cublas.h"
#include "kernels/cuda/libraries/cublaslt.h"
#include "kernels/cuda/libraries/cusparse.h"
#include "kernels/cuda/libraries/libraries.h"
#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn.h"
#endif
#if __has_include(<cusparseLt.h>)
#include "kernels/cuda/libraries/cusparselt.h"
#endif

namespace coppice::kernels {

std::vector<CudaLibrary> cuda_libraries() {
  std::vector<CudaLibrary> list;
  const auto add = [&](const SharedLibrary& library) {
    list.push_back({library.name(), library.version(), library.path(), library.problem()});
  };
  add(cublaslt());
  add(cublas());
  add(cusparse());
#if __has_include(<cusparseLt.h>)
  add(cusparselt());
#else
  list.push_back({"cuSPARSELt", "", "", "built without cusparseLt.h"});
#endif
#if __has_include(<cudnn.h>)
  add(cudnn());
#else
  list.push_back({"cuDNN", "", "", "built without cudnn.h"});
#endif
  return list;
}

}  // namespace coppice::kernels
