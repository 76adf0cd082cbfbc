#include "last_operator.h"

#include <ATen/record_function.h>

#include <memory>
#include <mutex>
#include <string_view>

namespace vits::train {

namespace {

std::mutex g_name_mutex;
std::string g_name;

thread_local int g_depth = 0;

bool is_operator(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  return name.starts_with("aten::") || name.starts_with("vits::");
}

std::unique_ptr<at::ObserverContext> note_name(const at::RecordFunction& function) {
  if (!is_operator(function) || g_depth++ > 0) return nullptr;
  const std::lock_guard lock(g_name_mutex);
  g_name = function.name();
  return nullptr;
}

void leave_operator(const at::RecordFunction& function, at::ObserverContext*) {
  if (is_operator(function)) --g_depth;
}

}  // namespace

LastOperator::LastOperator() {
  {
    const std::lock_guard lock(g_name_mutex);
    g_name.clear();
  }
  handle_ = at::addGlobalCallback(
      at::RecordFunctionCallback(&note_name, &leave_operator).scopes({at::RecordScope::FUNCTION}));
}

LastOperator::~LastOperator() { at::removeCallback(handle_); }

std::string LastOperator::name() const {
  const std::lock_guard lock(g_name_mutex);
  return g_name;
}

}  // namespace vits::train
