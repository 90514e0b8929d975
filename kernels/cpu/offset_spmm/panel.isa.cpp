// One loop, instantiated for every shape of tile that fits the registers. With T vectors a nonzero costs T +
// 2 loads (its value, its offset, T vectors) and T multiply-adds, so tiles are as large as registers allow;
// small ones run two or four nonzeros side by side to hide the latency of the multiply-add.
#include "kernels/cpu/offset_spmm/panel.h"

#include "kernels/cpu/vector.h"

namespace coppice::kernels::COPPICE_ISA {

typedef std::int32_t LooseInt __attribute__((vector_size(COPPICE_VECTOR_BYTES), aligned(4)));

static constexpr int kAhead = 2;            // rows whose residual is asked for before it is needed
static constexpr int kParts = 16 / kWidth;  // registers to a vector of 16
// More than 8 vectors gain nothing on v4: their activations leave the first-level cache sooner.
extern const int kPanelVectors = kWidth == 16 ? 8 : kWidth == 8 ? 6 : 3;

template <int Lines, int Width>  // Width: registers in a line
struct Sums {
  Vec at[Lines][Width];
};

template <int Lines, int Width>
static inline void add(Sums<Lines, Width>& sums, const Entry& entry, const char* const* lines) {
  const Index offset = entry.offset;
  const Vec weight = broadcast(entry.value);
  COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
    const float* x = reinterpret_cast<const float*>(lines[l] + offset);
    COPPICE_UNROLL for (int v = 0; v < Width; ++v) sums.at[l][v] += weight * load(x + v * kWidth);
  }
}

// The last vector of a line whose end is not ours to write.
static void store_some(float* to, const Vec* values, Index lanes) {
  COPPICE_UNROLL for (int p = 0; p < kParts; ++p, to += kWidth, lanes -= kWidth) {
    if (lanes >= kWidth) {
      store(to, values[p]);
    } else if (lanes > 0) {
      store_first(to, values[p], lanes);
    }
  }
}

template <int Lines, int Vectors, bool Masked>
static void panel(const Panel& p) {
  constexpr int kRegisters = Vectors * kParts;
  constexpr int kSets = Lines * kRegisters >= 4 ? 1 : Lines * kRegisters >= 2 ? 2 : 4;
  const Entry* entry = p.entries;
  const char* lines[Lines];
  COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
    lines[l] = reinterpret_cast<const char*>(p.x + l * p.x_line);
    asm("" : "+r"(lines[l]));  // one register each, not one running pointer with an addition for every line
  }
  const bool relu = p.last && p.relu;
  const Index y_row = p.y_row, y_line = p.y_line;
  for (const PanelRow *row = p.rows, *last = row + p.row_count; row != last; ++row) {
    const Entry* const end = entry + row->count;
    float* const y = p.y + row->row * y_row;
    if (p.last && p.residual && row + kAhead < last) {
      const float* const next = p.residual + row[kAhead].row * y_row;
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < Vectors; ++v) __builtin_prefetch(next + l * y_line + v * 16);
      }
    }
    Sums<Lines, kRegisters> sums[kSets] = {};
    if (p.bias) {
      const Vec bias = broadcast(p.bias[row->row]);
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) sums[0].at[l][v] = bias;
      }
    } else {
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) sums[0].at[l][v] =
            load(y + l * y_line + v * kWidth);
      }
    }
    if constexpr (kSets > 1) {
      for (; entry + kSets <= end; entry += kSets) {
        COPPICE_UNROLL for (int s = 0; s < kSets; ++s) add(sums[s], entry[s], lines);
      }
    }
    for (; entry != end; ++entry) add(sums[0], *entry, lines);
    COPPICE_UNROLL for (int s = 1; s < kSets; ++s) {
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) sums[0].at[l][v] += sums[s].at[l][v];
      }
    }
    if (p.last && p.residual) {
      const float* const residual = p.residual + row->row * y_row;
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) sums[0].at[l][v] +=
            load(residual + l * y_line + v * kWidth);
      }
    }
    if (relu) {
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) {
          sums[0].at[l][v] = rectified(sums[0].at[l][v]);
        }
      }
    }
    if constexpr (Masked) {
      COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v) {
        const Int keep = *reinterpret_cast<const LooseInt*>(p.keep + v * kWidth);
        sums[0].at[0][v] = reinterpret_cast<Vec>(reinterpret_cast<Int>(sums[0].at[0][v]) & keep);
      }
      COPPICE_UNROLL for (int v = 0; v < kRegisters - kParts; ++v) store(y + v * kWidth, sums[0].at[0][v]);
      store_some(y + (Vectors - 1) * 16, &sums[0].at[0][kRegisters - kParts], p.last_lanes);
    } else {
      COPPICE_UNROLL for (int l = 0; l < Lines; ++l) {
        COPPICE_UNROLL for (int v = 0; v < kRegisters; ++v)
            store(y + l * y_line + v * kWidth, sums[0].at[l][v]);
      }
    }
  }
}

typedef void (*Kernel)(const Panel&);

template <int Lines, int Vectors, bool Masked>
static constexpr Kernel pick() {
  if constexpr (Lines * Vectors <= kPanelVectors && (!Masked || Lines == 1)) {
    return panel<Lines, Vectors, Masked>;
  } else {
    return nullptr;
  }
}

#define UP_TO_8(lines, masked)                                                                              \
  {                                                                                                         \
    pick<lines, 1, masked>(), pick<lines, 2, masked>(), pick<lines, 3, masked>(), pick<lines, 4, masked>(), \
        pick<lines, 5, masked>(), pick<lines, 6, masked>(), pick<lines, 7, masked>(),                       \
        pick<lines, 8, masked>()                                                                            \
  }
static constexpr Kernel kKernels[8][8] = {UP_TO_8(1, false), UP_TO_8(2, false), UP_TO_8(3, false),
                                          UP_TO_8(4, false), UP_TO_8(5, false), UP_TO_8(6, false),
                                          UP_TO_8(7, false), UP_TO_8(8, false)};
static constexpr Kernel kMasked[8] = UP_TO_8(1, true);

void run_panel(const Panel& p, int lines, int vectors) {
  (p.keep ? kMasked[vectors - 1] : kKernels[lines - 1][vectors - 1])(p);
}

}  // namespace coppice::kernels::COPPICE_ISA
