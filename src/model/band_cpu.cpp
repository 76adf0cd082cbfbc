#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>

#include "band_elements.h"
#include "vits/base/parallel.h"

namespace vits::model {

namespace {
constexpr int64_t kNumbersATask = 262144;
}

template <class Problem>
void band_cpu(const Problem& problem) {
  const int64_t rows = problem.extent.rows, length = problem.row_length();
  const int64_t rows_a_task = std::max<int64_t>(1, kNumbersATask / length);
  base::for_each_piece(rows, rows_a_task, at::get_num_threads(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t i = 0; i < length; ++i) problem.run(row, i);
  });
}

#define VITS_INSTANTIATE(T)                       \
  template void band_cpu(const BandToSquare<T>&); \
  template void band_cpu(const SquareToBand<T>&);
VITS_INSTANTIATE(float)
VITS_INSTANTIATE(double)
VITS_INSTANTIATE(c10::Half)
VITS_INSTANTIATE(c10::BFloat16)
#undef VITS_INSTANTIATE

}  // namespace vits::model
