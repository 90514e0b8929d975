#include "kernels/cpu/offset_spmm/panel.h"

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

COPPICE_DECLARE_BY_ISA(void run_panel(const Panel& panel, int lines, int vectors);
                       extern const int kPanelVectors;)

void run_panel(const Panel& panel, int lines, int vectors, Isa level) {
  COPPICE_BY_ISA(level, run_panel)(panel, lines, vectors);
}

int panel_vectors(Isa level) { return *COPPICE_BY_ISA(level, kPanelVectors); }

}  // namespace coppice::kernels
