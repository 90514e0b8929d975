# Warnings, OpenMP, sanitizers and fuzzing, as one interface target that our own code links and no user of it inherits.
# OpenMP is a compile option alone: the libgomp to link is the one beside LibTorch (CoppiceTorch.cmake), since two in
# one process would each start their own threads.
find_package(OpenMP REQUIRED COMPONENTS CXX)
add_library(coppice_flags INTERFACE)
target_compile_options(coppice_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${OpenMP_CXX_FLAGS}>")
target_compile_options(coppice_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-restrict>)
if(COPPICE_WERROR)
  target_compile_options(coppice_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(COPPICE_SANITIZE)
  target_compile_options(coppice_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(coppice_flags INTERFACE -fsanitize=address,undefined)
endif()
if(COPPICE_FUZZ)
  target_compile_options(coppice_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
endif()
