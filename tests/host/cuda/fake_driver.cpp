// Stands in for NVIDIA's driver (libcuda.so.1) where a test tells the loader so: one that supports the CUDA named by
// FAKE_DRIVER_VERSION, written as 12020, and that finds no GPU.
#include <cstdlib>

extern "C" {

int cuDriverGetVersion(int* version) {
  const char* text = std::getenv("FAKE_DRIVER_VERSION");
  *version = text == nullptr ? 0 : std::atoi(text);
  return 0;
}

int cuInit(unsigned) { return 100; }  // CUDA_ERROR_NO_DEVICE

}  // extern "C"
