# Import target Coppice::torch for LibTorch, from the torch wheel or an unpacked LibTorch archive: both have the same
# layout. find_package(Torch) is not used: the wheel's stops where no CUDA toolkit is installed, and it adds flags to
# the whole folder. Only the CPU libraries are linked, not libtorch.so, which needs libtorch_cuda.so: a program starts
# three times faster and without any CUDA driver, and the CUDA library is opened at run time where a GPU is present.
# The installed package uses this file too; there COPPICE_TORCH_BUILT_WITH is where the library found LibTorch.
if(NOT COPPICE_TORCH AND DEFINED ENV{COPPICE_TORCH} AND NOT "$ENV{COPPICE_TORCH}" STREQUAL "")
  set(COPPICE_TORCH "$ENV{COPPICE_TORCH}" CACHE PATH "LibTorch" FORCE)  # later runs of cmake may lack the variable
endif()
if(COPPICE_TORCH)
  set(_torch_candidates ${COPPICE_TORCH} ${COPPICE_TORCH}/torch)
else()
  file(GLOB _torch_candidates ${CMAKE_CURRENT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  list(APPEND _torch_candidates ${COPPICE_TORCH_BUILT_WITH})
endif()
set(COPPICE_TORCH_DIR "")
foreach(_dir IN LISTS _torch_candidates)
  if(EXISTS ${_dir}/include/torch/csrc/api/include/torch/torch.h AND EXISTS ${_dir}/lib/libtorch_cpu.so)
    set(COPPICE_TORCH_DIR ${_dir})
    break()
  endif()
endforeach()
if(NOT COPPICE_TORCH_DIR)
  message(FATAL_ERROR "LibTorch not found in: '${_torch_candidates}'. Run scripts/setup.sh, or set COPPICE_TORCH to "
                      "an unpacked LibTorch or to the folder of an installed torch package (2.11).")
endif()
message(STATUS "LibTorch: ${COPPICE_TORCH_DIR}")

if(NOT TARGET Coppice::torch)
  add_library(Coppice::torch INTERFACE IMPORTED GLOBAL)
  # Before torch's libraries, which export an old copy of std::filesystem whose remove_all calls a null function.
  target_link_libraries(Coppice::torch INTERFACE stdc++)
  target_include_directories(Coppice::torch SYSTEM INTERFACE
    ${COPPICE_TORCH_DIR}/include ${COPPICE_TORCH_DIR}/include/torch/csrc/api/include)
  target_link_libraries(Coppice::torch INTERFACE
    ${COPPICE_TORCH_DIR}/lib/libtorch_cpu.so ${COPPICE_TORCH_DIR}/lib/libc10.so)
  target_link_options(Coppice::torch INTERFACE -Wl,-rpath,${COPPICE_TORCH_DIR}/lib -Wl,--no-as-needed)
  # The archive and the wheel bring the libgomp that their threads run in (under a name of its own in the archive).
  file(GLOB _gomp ${COPPICE_TORCH_DIR}/lib/libgomp*.so*)
  if(_gomp)
    target_link_libraries(Coppice::torch INTERFACE ${_gomp})
  else()
    target_link_options(Coppice::torch INTERFACE -fopenmp)
  endif()
  # LibTorch's own fmt (src/base/fmt.cpp compiles it): Debian's older one collides with it in files that include torch.
  add_library(Coppice::fmt INTERFACE IMPORTED GLOBAL)
  target_include_directories(Coppice::fmt SYSTEM INTERFACE ${COPPICE_TORCH_DIR}/include)
endif()
