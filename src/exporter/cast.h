// Weights on their way into another dtype. What is finite must stay so: float16 ends at 65,504, beyond which a weight
// would become an infinity and the voice be silent.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace vits::exporter {

class WeightCast {
 public:
  // Contiguous; a tensor that is no float stays what it is.
  at::Tensor to(at::ScalarType dtype, const std::string& name, const at::Tensor& tensor);

  // Throws Error with the names of those that had values too large for their new dtype.
  void check() const;

 private:
  std::map<at::ScalarType, std::vector<std::string>> overflowed_;
};

}  // namespace vits::exporter
