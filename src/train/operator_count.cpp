#include "operator_count.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <mutex>
#include <set>
#include <string_view>
#include <vector>

namespace vits::train {

namespace {

std::mutex g_mutex;
OperatorCounts g_counts;

struct Frame {
  bool worked = false, waited = false;  // an operator inside it did
  bool blocks = false;                  // it is a copy that the host waits for
  bool casts = false;                   // it makes another type of number of what it copies
  bool ours = false, within_ours = false;
};
thread_local std::vector<Frame> g_stack;

// A new look at the same memory, memory without content, a question, or a wrapper that may leave its work out.
bool does_no_work(std::string_view name) {
  static const std::set<std::string_view> names{"aten::_nnpack_available",
                                                "aten::_reshape_alias",
                                                "aten::_unsafe_view",
                                                "aten::alias",
                                                "aten::as_strided",
                                                "aten::as_strided_",
                                                "aten::chunk",
                                                "aten::conj",
                                                "aten::contiguous",
                                                "aten::detach",
                                                "aten::detach_",
                                                "aten::diagonal",
                                                "aten::dropout",
                                                "aten::empty",
                                                "aten::empty_like",
                                                "aten::empty_strided",
                                                "aten::expand",
                                                "aten::expand_as",
                                                "aten::flatten",
                                                "aten::is_same_size",
                                                "aten::lift_fresh",
                                                "aten::mT",
                                                "aten::movedim",
                                                "aten::narrow",
                                                "aten::new_empty",
                                                "aten::new_empty_strided",
                                                "aten::permute",
                                                "aten::real",
                                                "aten::requires_grad_",
                                                "aten::reshape",
                                                "aten::resize_",
                                                "aten::resize_as_",
                                                "aten::resolve_conj",
                                                "aten::result_type",
                                                "aten::select",
                                                "aten::set_",
                                                "aten::size",
                                                "aten::slice",
                                                "aten::split",
                                                "aten::split_with_sizes",
                                                "aten::squeeze",
                                                "aten::squeeze_",
                                                "aten::stride",
                                                "aten::t",
                                                "aten::tensor_split",
                                                "aten::to",
                                                "aten::transpose",
                                                "aten::transpose_",
                                                "aten::type_as",
                                                "aten::unbind",
                                                "aten::unflatten",
                                                "aten::unfold",
                                                "aten::unsafe_chunk",
                                                "aten::unsafe_split",
                                                "aten::unsqueeze",
                                                "aten::unsqueeze_",
                                                "aten::view",
                                                "aten::view_as",
                                                "aten::view_as_complex",
                                                "aten::view_as_real"};
  return names.contains(name);
}

// Boolean masks end in nonzero, item() and conditions in _local_scalar_dense.
bool waits(std::string_view name) {
  static const std::set<std::string_view> names{"aten::_local_scalar_dense",
                                                "aten::nonzero",
                                                "aten::masked_select",
                                                "aten::equal",
                                                "aten::_unique",
                                                "aten::_unique2",
                                                "aten::unique_consecutive",
                                                "aten::unique_dim",
                                                "aten::repeat_interleave",
                                                "aten::bincount"};
  return names.contains(name);
}

const at::Tensor* tensor_at(at::ArrayRef<const c10::IValue> inputs, size_t place) {
  return place < inputs.size() && inputs[place].isTensor() && inputs[place].toTensor().defined()
             ? &inputs[place].toTensor()
             : nullptr;
}

// Whether a copy_(to, from, non_blocking) stands still: every copy from one device to another is one in the end.
bool blocks(const at::RecordFunction& function) {
  const auto inputs = function.inputs();
  const at::Tensor* to = tensor_at(inputs, 0);
  const at::Tensor* from = tensor_at(inputs, 1);
  if (!to || !from || to->is_cpu() == from->is_cpu()) return false;
  const bool may_go_on = inputs.size() > 2 && inputs[2].isBool() && inputs[2].toBool();
  return !may_go_on || !(to->is_cpu() ? to : from)->is_pinned();
}

// Whether a _to_copy(from, type, ...) changes the type; others change the order in memory or the device.
bool changes_type(const at::RecordFunction& function) {
  const auto inputs = function.inputs();
  const at::Tensor* from = tensor_at(inputs, 0);
  return from && inputs.size() > 1 && inputs[1].isInt() && inputs[1].toScalarType() != from->scalar_type();
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  const bool within = !g_stack.empty() && (g_stack.back().within_ours || g_stack.back().ours);
  g_stack.push_back({.blocks = name == "aten::copy_" && blocks(function),
                     .casts = name == "aten::_to_copy" && changes_type(function),
                     .ours = name.starts_with("vits::"),
                     .within_ours = within});
  return nullptr;
}

void end(const at::RecordFunction& function, at::ObserverContext*) {
  if (g_stack.empty()) return;
  Frame frame = g_stack.back();
  g_stack.pop_back();
  const std::string_view name = function.name();
  // LibTorch's operators and ours; the rest are the backward engine's own entries.
  if (name.starts_with("aten::") || name.starts_with("vits::")) {
    const std::lock_guard lock(g_mutex);
    if (frame.casts) ++g_counts.casts;
    if (!frame.waited && (frame.blocks || waits(name))) {
      ++g_counts.waits;
      frame.waited = true;
    }
    if (frame.within_ours) {
      frame.worked = false;
    } else if (!frame.ours && !frame.worked && does_no_work(name)) {
      ++g_counts.views;
    } else if (frame.ours || !frame.worked) {
      ++g_counts.kernels;
      ++g_counts.by_name[std::string(name)];
      frame.worked = true;
    }
  }
  if (g_stack.empty()) return;
  g_stack.back().worked |= frame.worked;
  g_stack.back().waited |= frame.waited;
}

}  // namespace

OperatorCount::OperatorCount() {
  {
    const std::lock_guard lock(g_mutex);
    g_counts = {};
  }
  handle_ = at::addGlobalCallback(
      at::RecordFunctionCallback(&begin, &end).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

OperatorCount::~OperatorCount() { at::removeCallback(handle_); }

OperatorCounts OperatorCount::counts() const {
  const std::lock_guard lock(g_mutex);
  return g_counts;
}

}  // namespace vits::train
