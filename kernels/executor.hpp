// Where operations run: each backend derives its own (a pool of threads, a CUDA stream) and casts back what it is given.
#pragma once

namespace boxwarp {

class Executor {
 public:
  virtual ~Executor() = default;
};

}  // namespace boxwarp
