#include "cast.h"

#include <ATen/ATen.h>

#include "vits/base/error.h"
#include "vits/checkpoint/weights.h"

namespace vits::exporter {

namespace {

constexpr size_t kNamesSaid = 8;

struct Words {
  const char *name, *advice;
};

Words words_for(at::ScalarType dtype) {
  if (dtype == at::kHalf) return {"float16", "Take --dtype bfloat16 or float32"};
  if (dtype == at::kBFloat16) return {"bfloat16", "Take --dtype float32"};
  return {"float32", "Only a Hugging Face folder of --dtype keep can hold them"};
}

}  // namespace

at::Tensor WeightCast::to(at::ScalarType dtype, const std::string& name, const at::Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.scalar_type() == dtype) return tensor.contiguous();
  at::Tensor done = tensor.to(dtype).contiguous();
  if (!checkpoint::is_finite(done) && checkpoint::is_finite(tensor)) overflowed_[dtype].push_back(name);
  return done;
}

void WeightCast::check() const {
  for (const auto& [dtype, names] : overflowed_) {
    const Words words = words_for(dtype);
    std::vector<std::string> said(names.begin(), names.begin() + std::min(names.size(), kNamesSaid));
    if (names.size() > said.size()) said.push_back(fmt::format("{} more", names.size() - said.size()));
    throw Error("too large for {}, where they would become infinities, are values of {}. {}.", words.name,
                fmt::join(said, ", "), words.advice);
  }
}

}  // namespace vits::exporter
