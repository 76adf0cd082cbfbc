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
  bool calls_others = false;
};
thread_local std::vector<Frame> g_stack;

// A new look at the same memory, or memory without content.
bool does_no_work(std::string_view name) {
  static const std::set<std::string_view> names{"aten::alias",
                                                "aten::as_strided",
                                                "aten::as_strided_",
                                                "aten::chunk",
                                                "aten::contiguous",
                                                "aten::detach",
                                                "aten::detach_",
                                                "aten::diagonal",
                                                "aten::empty",
                                                "aten::empty_like",
                                                "aten::empty_strided",
                                                "aten::expand",
                                                "aten::flatten",
                                                "aten::lift_fresh",
                                                "aten::narrow",
                                                "aten::new_empty",
                                                "aten::permute",
                                                "aten::reshape",
                                                "aten::resize_",
                                                "aten::result_type",
                                                "aten::select",
                                                "aten::set_",
                                                "aten::slice",
                                                "aten::split",
                                                "aten::split_with_sizes",
                                                "aten::squeeze",
                                                "aten::t",
                                                "aten::to",
                                                "aten::transpose",
                                                "aten::unbind",
                                                "aten::unfold",
                                                "aten::unsqueeze",
                                                "aten::unsqueeze_",
                                                "aten::view",
                                                "aten::view_as",
                                                "aten::view_as_complex",
                                                "aten::view_as_real",
                                                "aten::_reshape_alias",
                                                "aten::_unsafe_view",
                                                "aten::is_same_size",
                                                "aten::new_empty_strided",
                                                "aten::unflatten",
                                                "aten::expand_as",
                                                "aten::requires_grad_",
                                                "aten::conj",
                                                "aten::resolve_conj",
                                                "aten::size",
                                                "aten::stride"};
  return names.contains(name);
}

bool waits(std::string_view name) {
  return name == "aten::_local_scalar_dense" || name == "aten::nonzero" || name == "aten::masked_select"
         || name == "aten::is_nonzero" || name == "aten::equal";
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  if (!g_stack.empty()) g_stack.back().calls_others = true;
  g_stack.push_back({});
  if (std::string_view(function.name()) == "aten::_to_copy") {
    const std::lock_guard lock(g_mutex);
    ++g_counts.casts;
  }
  return nullptr;
}

void end(const at::RecordFunction& function, at::ObserverContext*) {
  if (g_stack.empty()) return;
  const Frame frame = g_stack.back();
  g_stack.pop_back();
  if (frame.calls_others) return;
  const std::string_view name = function.name();
  const std::lock_guard lock(g_mutex);
  // LibTorch's operators and ours; the rest are the backward engine's own entries.
  if (!name.starts_with("aten::") && !name.starts_with("vits::")) return;
  if (waits(name)) ++g_counts.waits;
  if (does_no_work(name)) {
    ++g_counts.views;
  } else {
    ++g_counts.kernels;
    ++g_counts.by_name[std::string(name)];
  }
}

}  // namespace

OperatorCount::OperatorCount() {
  {
    const std::lock_guard lock(g_mutex);
    g_counts = {};
  }
  handle_ = at::addGlobalCallback(at::RecordFunctionCallback(&begin, &end).scopes({at::RecordScope::FUNCTION}));
}

OperatorCount::~OperatorCount() { at::removeCallback(handle_); }

OperatorCounts OperatorCount::counts() const {
  const std::lock_guard lock(g_mutex);
  return g_counts;
}

}  // namespace vits::train
