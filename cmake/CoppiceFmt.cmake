# Import target Coppice::fmt where LibTorch, which brings it otherwise (CoppiceTorch.cmake), is not used: the
# distribution's fmt, or the headers of a torch package that happens to be there.
find_package(fmt CONFIG QUIET)
add_library(Coppice::fmt INTERFACE IMPORTED GLOBAL)
if(fmt_FOUND)
  target_link_libraries(Coppice::fmt INTERFACE fmt::fmt-header-only)
  return()
endif()
file(GLOB _torch_includes ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch/include)
find_path(COPPICE_FMT_INCLUDE fmt/format.h REQUIRED
  HINTS ${COPPICE_TORCH}/include ${COPPICE_TORCH}/torch/include ${_torch_includes})
target_include_directories(Coppice::fmt SYSTEM INTERFACE ${COPPICE_FMT_INCLUDE})
target_compile_definitions(Coppice::fmt INTERFACE FMT_HEADER_ONLY)
