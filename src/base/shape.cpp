#include "vits/base/shape.h"

#include <cctype>
#include <map>
#include <sstream>

namespace vits::base {

void check_shape(const at::Tensor& tensor, std::string_view shape, std::string_view what) {
  std::map<char, int64_t> sizes;
  int64_t dimension = 0;
  bool fits = tensor.defined();
  for (size_t at = 0; fits && at < shape.size();) {
    if (shape[at] == ' ') {
      ++at;
      continue;
    }
    if (dimension >= tensor.dim()) {
      fits = false;
      break;
    }
    const int64_t size = tensor.size(dimension++);
    if (std::isdigit(static_cast<unsigned char>(shape[at]))) {
      int64_t wanted = 0;
      while (at < shape.size() && std::isdigit(static_cast<unsigned char>(shape[at])))
        wanted = wanted * 10 + (shape[at++] - '0');
      fits = size == wanted;
    } else {
      fits = sizes.emplace(shape[at], size).first->second == size;
      ++at;
    }
  }
  fits = fits && dimension == tensor.dim();
  if (fits) return;
  std::ostringstream seen;
  if (tensor.defined()) {
    seen << tensor.sizes();
  } else {
    seen << "an undefined tensor";
  }
  TORCH_CHECK(false, what, " must be [", shape, "] but is ", seen.str(), "; this is a bug in vits-train");
}

}  // namespace vits::base
