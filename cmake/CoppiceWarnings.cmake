# Warnings and sanitizers, as one interface target that our own code links and no user of the library inherits.
add_library(coppice_flags INTERFACE)
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
