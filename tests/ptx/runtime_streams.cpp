// Streams, events, and graphs that are recorded from streams.
#include "tests/ptx/runtime.hpp"

using boxwarp::ptx::call;
using boxwarp::ptx::Capture;
using boxwarp::ptx::current_device;
using boxwarp::ptx::Device;
using boxwarp::ptx::Record;
using boxwarp::ptx::refuse;

namespace {

// The latest record of an event for somebody who waits for it; null before the first.
std::shared_ptr<Record> record_of(Device& device, cudaEvent_t event) {
  device.streams.refuse_while_recording();
  CUevent_st& known = device.events.at(event);
  if (known.captured_in != nullptr) refuse(cudaErrorCapturedEvent);
  return known.record;
}

void record_event(Device& device, CUevent_st& event, CUstream_st& stream) {
  if (event.device != stream.device.value_or(current_device())) refuse(cudaErrorInvalidResourceHandle);
  if (stream.capture != nullptr) {  // no node: it only says what is before it
    if (stream.capture->invalid) refuse(cudaErrorStreamCaptureInvalidated);
    event = {.device = event.device, .record = nullptr, .captured_in = stream.capture};
    return;
  }
  auto record = std::make_shared<Record>(Record{.stream = &stream, .position = stream.end() + 1});
  stream.put([&device, record] {
    record->reached = true;
    record->ticks = device.ticks;
  });
  event = {.device = event.device, .record = record, .captured_in = nullptr};
}

void wait_for_event(const CUevent_st& event, CUstream_st& stream) {
  if (event.captured_in != nullptr) {
    if (event.captured_in == stream.capture) return;  // a graph keeps the order of its stream
    refuse(cudaErrorCapturedEvent, "a stream waits for an event in what another one records, which is not here");
  }
  if (event.record == nullptr) return;
  if (stream.capture != nullptr) {
    stream.capture->invalid = true;
    refuse(cudaErrorStreamCaptureIsolation);
  }
  stream.put([record = event.record] { record->run(); });
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return call([&](Device& device) {
    if (flags != cudaStreamNonBlocking) refuse(cudaErrorNotSupported, "streams that wait for the legacy one are not here");
    *stream = device.streams.make(current_device());
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call([&](Device& device) { device.streams.destroy(stream); });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return call([&](Device& device) {
    CUstream_st& known = device.streams.at(stream);
    if (known.capture != nullptr) {
      known.capture->invalid = true;
      refuse(cudaErrorStreamCaptureUnsupported);
    }
    known.run();
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  return call([&](Device& device) {
    if (flags != cudaEventWaitDefault) refuse(cudaErrorInvalidValue);
    wait_for_event(device.events.at(event), device.streams.at(stream));
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return call([&](Device& device) {
    *event = device.events.make({.device = current_device(), .record = nullptr, .captured_in = nullptr});
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return call([&](Device& device) { device.events.destroy(event); });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return call([&](Device& device) { record_event(device, device.events.at(event), device.streams.at(stream)); });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return call([&](Device& device) {
    const auto record = record_of(device, event);
    if (record != nullptr) record->run();
  });
}

// Work that is queued is under way when it is asked for the first time; who asks again waits for it.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return call([&](Device& device) {
    const auto record = record_of(device, event);
    if (record == nullptr || record->reached) return;
    if (!std::exchange(record->asked, true)) refuse(cudaErrorNotReady);
    record->run();
  });
}

cudaError_t cudaEventElapsedTime(float* time_ms, cudaEvent_t start, cudaEvent_t end) {
  return call([&](Device& device) {
    const auto first = record_of(device, start), last = record_of(device, end);
    if (first == nullptr || last == nullptr) refuse(cudaErrorInvalidResourceHandle);
    if (!first->reached || !last->reached) refuse(cudaErrorNotReady);
    *time_ms = static_cast<float>((static_cast<double>(last->ticks) - static_cast<double>(first->ticks)) /
                                  boxwarp::ptx::kTicksPerMs);
  });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return call([&](Device& device) {
    if (mode != cudaStreamCaptureModeThreadLocal)
      refuse(cudaErrorNotSupported, "streams are recorded with cudaStreamCaptureModeThreadLocal here");
    CUstream_st& known = device.streams.at(stream);
    if (&known == &device.streams.at(cudaStreamLegacy)) refuse(cudaErrorStreamCaptureUnsupported);
    if (known.capture != nullptr) refuse(cudaErrorIllegalState);
    known.capture = std::make_shared<Capture>();
    known.capture->thread = std::this_thread::get_id();
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return call([&](Device& device) {
    *graph = nullptr;
    CUstream_st& known = device.streams.at(stream);
    if (known.capture == nullptr) refuse(cudaErrorIllegalState);
    if (known.capture->thread != std::this_thread::get_id()) refuse(cudaErrorStreamCaptureWrongThread);
    const auto ended = std::exchange(known.capture, nullptr);
    if (ended->invalid) refuse(cudaErrorStreamCaptureInvalidated);
    using Nodes = std::vector<boxwarp::ptx::Work>;
    *graph = device.graphs.make({std::make_shared<const Nodes>(std::move(ended->nodes))});
  });
}

// How many there are.
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return call([&](Device& device) {
    if (nodes != nullptr) refuse(cudaErrorNotSupported, "nodes of a graph are counted here, not given");
    *count = device.graphs.at(graph).nodes->size();
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return call([&](Device& device) { device.graphs.destroy(graph); });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags) {
  return call([&](Device& device) {
    if (flags != 0) refuse(cudaErrorNotSupported, "graphs are instantiated without flags here");
    *exec = device.graph_execs.make({device.graphs.at(graph).nodes});
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return call([&](Device& device) { device.graph_execs.destroy(exec); });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return call([&](Device& device) {
    device.streams.at(stream).put([nodes = device.graph_execs.at(exec).nodes] {
      for (const auto& node : *nodes) node();
    });
  });
}

}  // extern "C"
