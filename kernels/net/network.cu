// The table of the network's operations on a device.
#include "kernels/dialect.cuh"
#include "kernels/net/net.hpp"
#include "kernels/net/plain_network.cuh"

namespace boxwarp::DEVICE {

namespace {

const char* kernels(const NetShape&, const NetMode&) { return "float32, plain kernels"; }

}  // namespace

const NetOps& net_ops() {
  static constexpr NetOps ops{kernels, plain_network_bytes, create_plain_network};
  return ops;
}

}  // namespace boxwarp::DEVICE
