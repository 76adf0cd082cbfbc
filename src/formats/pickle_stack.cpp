#include "pickle_stack.h"

#include <algorithm>
#include <bit>

#include "printable.h"

namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;

// Together these keep the tree below 100 MB whatever the file says; a training checkpoint at MMS size has 30,000 nodes.
constexpr size_t kMostItems = 500'000;
constexpr size_t kMostKeptText = 8u << 20;  // made of memoized texts it could grow without end from a small file

}  // namespace

Error PickleStack::damaged(std::string_view what) const {
  return Error("{} is damaged: {} before byte {} of its pickle.", file, what, at);
}

PickleNode* PickleStack::make(Kind kind) {
  if (tree.nodes.size() >= most_values_)
    throw Error("{} holds more than {} values; no voice does.", file, most_values_);
  PickleNode& node = tree.nodes.emplace_back();
  node.kind = kind;
  return &node;
}

std::string_view PickleStack::keep(std::string text) {
  kept_bytes_ += text.size();
  if (kept_bytes_ > kMostKeptText)
    throw Error("{} holds names of more than {} bytes; no voice does.", file, kMostKeptText);
  return tree.made_names.emplace_back(std::move(text));
}

void PickleStack::add_items(PickleNode* node, std::span<const PickleNode* const> items) {
  if (items_ + items.size() > kMostItems) throw Error("{} holds more than {} items; no voice does.", file, kMostItems);
  items_ += items.size();
  node->items.insert(node->items.end(), items.begin(), items.end());
}

void PickleStack::set_items(PickleNode* dictionary, std::span<const PickleNode* const> keys_and_values) {
  if (dictionary->kind != Kind::dictionary) throw damaged("a value of the wrong kind");
  if (keys_and_values.size() % 2 != 0) throw damaged("a key without its value");
  add_items(dictionary, keys_and_values);
}

void PickleStack::push(PickleNode* node) {
  if (stack_.size() >= most_values_) throw damaged("a stack without an end");
  stack_.push_back(node);
}

void PickleStack::push_mark() { push(nullptr); }

void PickleStack::push_items(Kind kind, std::span<const PickleNode* const> items) {
  PickleNode* node = make(kind);
  add_items(node, items);
  push(node);
}

void PickleStack::push_text(std::string_view text, Kind kind) {
  if (kind == Kind::text && !is_utf8(text)) throw damaged("a text that is not UTF-8");
  PickleNode* node = make(kind);
  node->text = text;
  push(node);
}

void PickleStack::push_integer(int64_t value) {
  PickleNode* node = make(Kind::integer);
  node->integer = value;
  push(node);
}

void PickleStack::push_long(std::span<const char> digits) {
  const bool negative = !digits.empty() && (digits.back() & 0x80);
  uint64_t value = negative ? ~0ull : 0;
  for (size_t i = std::min<size_t>(digits.size(), 8); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(digits[i]);
  push_integer(static_cast<int64_t>(value));
  const auto wider = digits.subspan(std::min<size_t>(digits.size(), 8));
  const char sign = negative ? '\xff' : '\0';
  top()->fits = std::all_of(wider.begin(), wider.end(), [&](char digit) { return digit == sign; })
                && (static_cast<int64_t>(value) < 0) == negative;
}

void PickleStack::push_real(uint64_t bits) {
  PickleNode* node = make(Kind::real);
  node->real = std::bit_cast<double>(bits);
  push(node);
}

void PickleStack::push_constant(Kind kind, bool value) {
  PickleNode*& node = kind == Kind::none ? none_ : value ? true_ : false_;
  if (!node) {
    node = make(kind);
    node->integer = value;
  }
  push(node);
}

void PickleStack::push_tuple(size_t count) {
  const PickleNode* items[3];
  for (size_t i = count; i-- > 0;) items[i] = pop();
  push_items(Kind::tuple, std::span(items, count));
}

PickleNode* PickleStack::top() const {
  if (stack_.empty() || !stack_.back()) throw damaged("a value is missing");
  return stack_.back();
}

PickleNode* PickleStack::pop() {
  PickleNode* node = top();
  stack_.pop_back();
  return node;
}

PickleNode* PickleStack::pop(Kind kind) {
  if (top()->kind != kind) throw damaged("a value of the wrong kind");
  return pop();
}

void PickleStack::pop_value_or_mark() {
  if (stack_.empty()) throw damaged("a value is missing");
  stack_.pop_back();
}

std::vector<const PickleNode*> PickleStack::pop_to_mark() {
  const auto mark = std::find(stack_.rbegin(), stack_.rend(), nullptr);
  if (mark == stack_.rend()) throw damaged("a mark is missing");
  std::vector<const PickleNode*> items(mark.base(), stack_.end());
  stack_.erase(mark.base() - 1, stack_.end());
  return items;
}

void PickleStack::memoize(uint64_t key) {
  if (memo_.size() >= most_values_) throw damaged("a memo without an end");
  memo_[key] = top();
}

void PickleStack::push_memoized(uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) throw damaged("a reference to nothing");
  push(found->second);
}

}  // namespace vits::formats
