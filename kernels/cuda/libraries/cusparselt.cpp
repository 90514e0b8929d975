#if __has_include(<cusparseLt.h>)
#include "kernels/cuda/libraries/cusparselt.h"

#include <memory>

#include "kernels/cuda/libraries/handles.h"

namespace coppice::kernels {

CusparseLt::CusparseLt()
    : SharedLibrary("cuSPARSELt",
                    {"libcusparseLt.so." + std::to_string(CUSPARSELT_VER_MAJOR), "libcusparseLt.so"}) {
  int major = 0, minor = 0, patch = 0;
  if (usable() && cusparseLtGetProperty(MAJOR_VERSION, &major) == CUSPARSE_STATUS_SUCCESS &&
      cusparseLtGetProperty(MINOR_VERSION, &minor) == CUSPARSE_STATUS_SUCCESS &&
      cusparseLtGetProperty(PATCH_LEVEL, &patch) == CUSPARSE_STATUS_SUCCESS) {
    set_version(major, minor, patch, CUSPARSELT_VER_MAJOR);
  }
}

const CusparseLt& cusparselt() {
  static const CusparseLt library;
  return library;
}

const cusparseLtHandle_t* cusparselt_handle() {
  static Handles<std::unique_ptr<cusparseLtHandle_t>> handles;
  return handles
      .of_current_device([] {
        auto handle = std::make_unique<cusparseLtHandle_t>();
        cusparselt().check(cusparselt().cusparseLtInit(handle.get()), "making a handle");
        return handle;
      })
      .get();
}

}  // namespace coppice::kernels
#endif
