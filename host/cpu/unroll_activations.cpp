#include <algorithm>

#include "host/cpu/unroll.hpp"

namespace boxwarp {

void copy_activations(const NetShape& shape, UnrollMemory& memory, int all_boards, int first, const ActivationsView& view) {
  const auto C = static_cast<std::size_t>(shape.channels), N = static_cast<std::size_t>(shape.height * shape.width);
  const auto cells = static_cast<std::size_t>(memory.size().boards) * N;
  const std::size_t X = shape.layers == 1 ? C : 2 * C;  // of a recurrent input
  float* const outputs[] = {view.i, view.j, view.f, view.o};
  for (int k = 0; k < shape.ticks; ++k) {
    for (int d = 0; d < shape.layers; ++d) {
      const auto row = static_cast<std::size_t>((k * shape.layers + d) * all_boards + first) * N * C;
      const float* h = memory.own_hidden(d, k + 1);
      const float* gates = memory.gates(d, k);
      std::copy_n(memory.cell(d, k + 1), cells * C, view.c + row);
      for (std::size_t cell = 0; cell < cells; ++cell) {
        std::copy_n(h + cell * X, C, view.h + row + cell * C);
        for (std::size_t gate = 0; gate < 4; ++gate)
          std::copy_n(gates + (cell * 4 + gate) * C, C, outputs[gate] + row + cell * C);
      }
    }
  }
}

}  // namespace boxwarp
