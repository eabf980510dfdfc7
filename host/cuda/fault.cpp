#include "host/cuda/fault.hpp"

#include <fmt/format.h>

namespace boxwarp {

void throw_fault(FaultWord word) {
  if (word == kNoFault) return;
  const Fault fault = unpacked(word);
  switch (fault.kind) {
    case FaultKind::bad_action:
      throw BadInputOnDevice(fault,
                             fmt::format("environment {}: action {} found on the device, takes 0 to 3, and 4 with no_op",
                                         fault.environment, fault.value));
    case FaultKind::bad_level:
      throw BadInputOnDevice(fault, fmt::format("environment {}: level {} found on the device, which the set does not have",
                                                fault.environment, fault.value));
    case FaultKind::bad_cell:
      throw BadInputOnDevice(fault,
                             fmt::format("environment {}: {} found on the device is not a cell code, those are 0 to 6",
                                         fault.environment, fault.value));
    case FaultKind::not_finite:
      throw NotFinite(fault, fmt::format("environment {}: a number on the device is not finite", fault.environment));
  }
  throw DeviceError(fmt::format("the device's fault word holds {:#018x}, which no kernel writes", word));
}

}  // namespace boxwarp
