// The fault word of kernels, turned into exceptions with the name of what went wrong and the environment.
#pragma once

#include <stdexcept>
#include <string>

#include "kernels/executor.hpp"
#include "kernels/fault.hpp"
#include "levels/error.hpp"

namespace boxwarp {

// A bad action or level reached the device: bad input, which a check on the host would have told before.
struct BadInputOnDevice : BadInput {
  BadInputOnDevice(Fault found, const std::string& message) : BadInput(message), fault(found) {}
  Fault fault;
};

// A number on the device became infinite or no number.
struct NotFinite : std::runtime_error {
  NotFinite(Fault found, const std::string& message) : std::runtime_error(message), fault(found) {}
  Fault fault;
};

// Throws what the word tells: nothing for kNoFault, one of the above, or DeviceError for a word that no kernel writes.
void throw_fault(FaultWord word);

}  // namespace boxwarp
