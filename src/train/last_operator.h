// Which operator of LibTorch was begun last, on any thread: what to blame when a recording fails, since a device
// refuses without saying what it was asked for.
#pragma once
#include <cstdint>
#include <string>

namespace vits::train {

// Watches while it lives; one at a time.
class LastOperator {
 public:
  LastOperator();
  ~LastOperator();
  LastOperator(const LastOperator&) = delete;
  LastOperator& operator=(const LastOperator&) = delete;

  std::string name() const;  // "aten::nonzero"; empty before the first

 private:
  uint64_t handle_ = 0;
};

}  // namespace vits::train
