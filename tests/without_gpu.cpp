// Hides every GPU from the test program that this is linked into, and from the commands that it starts: what they expect of
// --device auto is a processor. Before main, so before CUDA looks.
#include <cstdlib>

namespace {

[[maybe_unused]] const int hidden = setenv("CUDA_VISIBLE_DEVICES", "-1", 1);

}  // namespace
