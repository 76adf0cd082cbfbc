// From a tensor's number format to a type, on either side of a card.
#pragma once
#include <c10/core/ScalarType.h>
#include <c10/macros/Macros.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

namespace vits::model {

// work.operator()<T>() with the type of `dtype`; S stands for every format but the two halves.
#if defined(__CUDACC__)
#pragma nv_exec_check_disable  // `work` runs where it was written
#endif
template <typename S, class Work>
C10_HOST_DEVICE auto with_number_type(c10::ScalarType dtype, const Work& work) {
  switch (dtype) {
    case c10::ScalarType::Half:
      return work.template operator()<c10::Half>();
    case c10::ScalarType::BFloat16:
      return work.template operator()<c10::BFloat16>();
    default:
      return work.template operator()<S>();
  }
}

}  // namespace vits::model
