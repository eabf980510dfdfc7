#include "tests/ptx/streams.hpp"

namespace boxwarp::ptx {

void Record::run() {
  if (!reached) stream->run_until(position);
}

CUstream_st* Streams::make(int device) {
  CUstream_st* const stream = made_.emplace_back(std::make_unique<CUstream_st>()).get();
  stream->device = device;
  return stream;
}

void Streams::destroy(cudaStream_t handle) {
  CUstream_st& stream = at(handle);
  if (&stream == &legacy_) refuse(cudaErrorInvalidResourceHandle);
  stream.destroyed = true;
  stream.capture = nullptr;
}

CUstream_st& Streams::at(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy) return legacy_;
  if (handle == cudaStreamPerThread) refuse(cudaErrorNotSupported, "streams of threads are not here");
  for (const auto& stream : made_)
    if (stream.get() == handle && !stream->destroyed) return *stream;
  refuse(cudaErrorInvalidResourceHandle);
}

void Streams::run_all() {
  for (auto stream = made_.rbegin(); stream != made_.rend(); ++stream) (*stream)->run();
  legacy_.run();
  std::erase_if(made_, [](const auto& stream) { return stream->destroyed; });
}

void Streams::refuse_while_recording() {
  bool recording = false;
  for (const auto& stream : made_) {
    if (stream->capture == nullptr || stream->capture->thread != std::this_thread::get_id()) continue;
    stream->capture->invalid = true;
    recording = true;
  }
  if (recording) refuse(cudaErrorStreamCaptureUnsupported);
}

}  // namespace boxwarp::ptx

void CUstream_st::put(Work work) {
  if (capture != nullptr) {
    if (capture->invalid) boxwarp::ptx::refuse(cudaErrorStreamCaptureInvalidated);
    capture->nodes.push_back(std::move(work));
  } else {
    queue_.push_back(std::move(work));
    ++put_;
  }
}

void CUstream_st::run_until(std::uint64_t position) {
  while (done_ < position) {
    const Work work = std::move(queue_.front());  // it may come back to this stream, for what is before it
    queue_.pop_front();
    ++done_;
    work();
  }
}
