// Work that a device can be told once and then to repeat: a CUDA graph, behind an interface of its own, so that what
// decides when to record (step_graphs.h) is tested without a card.
#pragma once
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace vits::train {

// The work reads and writes the same memory each time; it reads no value off the device and allocates nothing that
// outlives it.
using DeviceWork = std::function<void()>;

class Recording {
 public:
  virtual ~Recording() = default;
  virtual void repeat() = 0;  // queues the work; randomness goes on from the device's default generator
};

class GraphRecorder {
 public:
  virtual ~GraphRecorder() = default;
  // Does the work, in the surroundings in which it will be recorded.
  virtual void warm_up(const DeviceWork& work) = 0;
  // Notes the work without doing it. Throws what the work threw, or why the device refused; nothing is done then, and
  // the device can be used as before.
  virtual std::unique_ptr<Recording> record(const DeviceWork& work) = 0;
  // Whether the memory allows for one more recording.
  virtual bool has_room() { return true; }
  // Memory that the recordings there are keep to themselves, which the allocator counts as freed.
  virtual uint64_t held_bytes() const { return 0; }
  // What recordings hold in memory and no longer need; after the last of them is gone.
  virtual void free_memory() = 0;
};

// Empty when the device has none; `why_not` then says so as a clause: "the CPU has no graphs".
std::unique_ptr<GraphRecorder> graph_recorder_of(c10::Device device, std::string& why_not);

}  // namespace vits::train
