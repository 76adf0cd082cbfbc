// The stack, the memo and the limits of the pickle machine.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pickle_tree.h"
#include "vits/base/error.h"

namespace vits::formats {

// Every node is made here, and every text that is not simply part of the file: all that the file could make us
// allocate. A value that is missing or of the wrong kind is an Error that names the file and the byte.
class PickleStack {
 public:
  PickleStack(PickleTree& tree_to_fill, const std::string& file_name, size_t most_values)
      : tree(tree_to_fill), file(file_name), most_values_(most_values) {}

  PickleTree& tree;
  const std::string& file;
  size_t at = 0;  // the byte of the pickle that the machine has come to, for messages

  Error damaged(std::string_view what) const;

  PickleNode* make(PickleValue::Kind kind);
  std::string_view keep(std::string text);  // a text that was put together here
  void add_items(PickleNode* node, std::span<const PickleNode* const> items);
  void set_items(PickleNode* dictionary, std::span<const PickleNode* const> keys_and_values);

  void push(PickleNode* node);
  void push_mark();
  void push_items(PickleValue::Kind kind, std::span<const PickleNode* const> items);
  void push_text(std::string_view text, PickleValue::Kind kind);
  void push_integer(int64_t value);
  void push_long(std::span<const char> digits);  // lowest byte first, two's complement
  void push_real(uint64_t bits);
  void push_constant(PickleValue::Kind kind, bool value);  // None, True and False: one node each serves all
  void push_tuple(size_t count);                           // of the top `count` values

  PickleNode* top() const;
  PickleNode* pop();
  PickleNode* pop(PickleValue::Kind kind);
  void pop_value_or_mark();
  std::vector<const PickleNode*> pop_to_mark();

  void memoize(uint64_t key);
  void memoize_next() { memoize(memo_.size()); }
  void push_memoized(uint64_t key);

 private:
  size_t most_values_;
  std::vector<PickleNode*> stack_;  // a null pointer is a mark
  std::unordered_map<uint64_t, PickleNode*> memo_;
  PickleNode *none_ = nullptr, *true_ = nullptr, *false_ = nullptr;
  size_t items_ = 0, kept_bytes_ = 0;
};

}  // namespace vits::formats
