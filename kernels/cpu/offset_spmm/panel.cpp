#include "kernels/cpu/offset_spmm/panel.h"

namespace coppice::kernels {

#if defined(__x86_64__)
namespace v2 {
void run_panel(const Panel& panel, int lines, int vectors);
extern const int kPanelVectors;
}  // namespace v2
namespace v3 {
void run_panel(const Panel& panel, int lines, int vectors);
extern const int kPanelVectors;
}  // namespace v3
namespace v4 {
void run_panel(const Panel& panel, int lines, int vectors);
extern const int kPanelVectors;
}  // namespace v4
#else
namespace portable {
void run_panel(const Panel& panel, int lines, int vectors);
extern const int kPanelVectors;
}  // namespace portable
#endif

void run_panel(const Panel& panel, int lines, int vectors, [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::run_panel(panel, lines, vectors);
    case Isa::kV3: return v3::run_panel(panel, lines, vectors);
    default: return v2::run_panel(panel, lines, vectors);
  }
#else
  portable::run_panel(panel, lines, vectors);
#endif
}

int panel_vectors([[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::kPanelVectors;
    case Isa::kV3: return v3::kPanelVectors;
    default: return v2::kPanelVectors;
  }
#else
  return portable::kPanelVectors;
#endif
}

}  // namespace coppice::kernels
