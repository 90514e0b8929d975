#pragma once
#include "kernels/cpu/isa.h"

/// Declares a function of a *.isa.cpp file once for every level, in the namespace of that level.
#if defined(__x86_64__)
#define COPPICE_DECLARE_BY_ISA(...) \
  namespace v2 {                    \
  __VA_ARGS__                       \
  }                                 \
  namespace v3 {                    \
  __VA_ARGS__                       \
  }                                 \
  namespace v4 {                    \
  __VA_ARGS__                       \
  }
#else
#define COPPICE_DECLARE_BY_ISA(...) \
  namespace portable {              \
  __VA_ARGS__                       \
  }
#endif

/// The function of that name for a level, as a pointer.
#if defined(__x86_64__)
#define COPPICE_BY_ISA(level, function)                      \
  ((level) == ::coppice::kernels::Isa::kV4   ? &v4::function \
   : (level) == ::coppice::kernels::Isa::kV3 ? &v3::function \
                                             : &v2::function)
#else
#define COPPICE_BY_ISA(level, function) (static_cast<void>(level), &portable::function)
#endif
