#include "vits/model/random_state.h"

#include <ATen/Context.h>

#include <mutex>

namespace vits::model {

RandomState::RandomState(c10::Device device) : device_(device) {
  auto generator = at::globalContext().defaultGenerator(device_);
  const std::lock_guard lock(generator.mutex());
  state_ = generator.get_state();
}

void RandomState::restore() const {
  auto generator = at::globalContext().defaultGenerator(device_);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state_);
}

}  // namespace vits::model
