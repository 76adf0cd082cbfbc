#include "pickle_names.h"

#include <algorithm>
#include <iterator>

namespace vits::formats {

namespace {

using N = PickleName;

constexpr KnownName kNames[] = {
    {"torch._utils._rebuild_tensor", N::rebuild_tensor},
    {"torch._utils._rebuild_tensor_v2", N::rebuild_tensor},
    {"torch._utils._rebuild_parameter", N::rebuild_parameter},
    {"torch._utils._rebuild_parameter_with_state", N::rebuild_parameter},
    {"collections.OrderedDict", N::ordered_dict},
    {"collections.defaultdict", N::default_dict},
    {"torch.Size", N::same_tuple},
    {"torch.device", N::device},
    {"_codecs.encode", N::encoded_bytes},
    {"builtins.set", N::set},
    {"__builtin__.set", N::set},
    {"builtins.frozenset", N::set},
    {"__builtin__.frozenset", N::set},
    {"builtins.list", N::same_list},
    {"__builtin__.list", N::same_list},
    {"builtins.tuple", N::same_tuple},
    {"__builtin__.tuple", N::same_tuple},
    {"builtins.dict", N::ordered_dict},
    {"__builtin__.dict", N::ordered_dict},
    {"builtins.int", N::plain_name},
    {"__builtin__.int", N::plain_name},
    {"builtins.float", N::plain_name},
    {"__builtin__.float", N::plain_name},
    {"torch.FloatStorage", N::storage, at::kFloat},
    {"torch.DoubleStorage", N::storage, at::kDouble},
    {"torch.HalfStorage", N::storage, at::kHalf},
    {"torch.BFloat16Storage", N::storage, at::kBFloat16},
    {"torch.LongStorage", N::storage, at::kLong},
    {"torch.IntStorage", N::storage, at::kInt},
    {"torch.ShortStorage", N::storage, at::kShort},
    {"torch.CharStorage", N::storage, at::kChar},
    {"torch.ByteStorage", N::storage, at::kByte},
    {"torch.BoolStorage", N::storage, at::kBool},
    {"torch.cuda.FloatStorage", N::storage, at::kFloat},
    {"torch.cuda.DoubleStorage", N::storage, at::kDouble},
    {"torch.cuda.HalfStorage", N::storage, at::kHalf},
    {"torch.cuda.BFloat16Storage", N::storage, at::kBFloat16},
    {"torch.cuda.LongStorage", N::storage, at::kLong},
    {"torch.cuda.IntStorage", N::storage, at::kInt},
    {"torch.cuda.ByteStorage", N::storage, at::kByte},
    {"torch.cuda.BoolStorage", N::storage, at::kBool},
    {"torch.float32", N::plain_name},
    {"torch.float64", N::plain_name},
    {"torch.float16", N::plain_name},
    {"torch.bfloat16", N::plain_name},
    {"torch.int64", N::plain_name},
    {"torch.int32", N::plain_name},
    {"torch.int16", N::plain_name},
    {"torch.int8", N::plain_name},
    {"torch.uint8", N::plain_name},
    {"torch.bool", N::plain_name},
    {"torch.jit._pickle.build_intlist", N::same_list, at::kFloat, true},
    {"torch.jit._pickle.build_doublelist", N::same_list, at::kFloat, true},
    {"torch.jit._pickle.build_boollist", N::same_list, at::kFloat, true},
    {"torch.jit._pickle.build_tensorlist", N::same_list, at::kFloat, true},
    {"torch.jit._pickle.restore_type_tag", N::first_argument, at::kFloat, true},
};

}  // namespace

const KnownName* find_known_name(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const KnownName& known) { return known.name == name; });
  return found == std::end(kNames) ? nullptr : found;
}

std::string_view storage_name(at::ScalarType dtype) {
  constexpr std::string_view kModule = "torch.";
  for (const KnownName& known : kNames)
    if (known.meaning == N::storage && known.dtype == dtype) return known.name.substr(kModule.size());
  return {};
}

}  // namespace vits::formats
