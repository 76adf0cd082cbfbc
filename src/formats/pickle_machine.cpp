#include <algorithm>
#include <cstring>
#include <span>

#include "pickle_build.h"
#include "pickle_stack.h"
#include "printable.h"

// The opcodes are those of CPython's pickletools, protocols 2 to 5, without the textual ones of protocol 0 that no
// torch.save has ever written.
namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;

constexpr size_t kLargestPickle = 64u << 20;

class Machine {
 public:
  Machine(std::span<const char> bytes, PickleTree& tree, const std::string& file, Classes classes, size_t most_values)
      : bytes_(bytes), stack_(tree, file, most_values), classes_(classes) {}

  size_t run() {
    while (!step(next<uint8_t>())) {
    }
    return stack_.at;
  }

 private:
  std::span<const char> take(uint64_t count) {
    if (count > bytes_.size() - stack_.at)
      throw Error("{} is damaged or cut short: its pickle ends at byte {}.", stack_.file, bytes_.size());
    const auto part = bytes_.subspan(stack_.at, count);
    stack_.at += count;
    return part;
  }
  template <class Integer>
  Integer next() {
    Integer value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  // A length of the given type, then as many bytes.
  template <class Length>
  std::span<const char> counted() {
    return take(next<Length>());
  }
  template <class Length>
  std::string_view text() {
    const auto part = counted<Length>();
    return {part.data(), part.size()};
  }
  std::string_view line() {
    const std::string_view rest(bytes_.data() + stack_.at, bytes_.size() - stack_.at);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) throw stack_.damaged("a name without an end");
    take(end + 1);
    return rest.substr(0, end);
  }

  PickleNode* extendable_top() {
    PickleNode* node = stack_.top();
    if (node->kind != Kind::list && node->kind != Kind::set) throw stack_.damaged("a value of the wrong kind");
    return node;
  }
  void append(std::span<const PickleNode* const> items) { stack_.add_items(extendable_top(), items); }
  void append_one() {
    const PickleNode* item = stack_.pop();
    append({&item, 1});
  }
  void set_item() {
    const PickleNode* value = stack_.pop();
    const PickleNode* entry[] = {stack_.pop(), value};
    stack_.set_items(stack_.top(), entry);
  }
  void set_items() {
    const auto items = stack_.pop_to_mark();
    stack_.set_items(stack_.top(), items);
  }
  void push_dictionary() {
    const auto items = stack_.pop_to_mark();
    stack_.push(stack_.make(Kind::dictionary));
    stack_.set_items(stack_.top(), items);
  }
  void push_real() {
    uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);  // highest byte first
    stack_.push_real(bits);
  }
  void push_python2_text(std::string_view text) { stack_.push_text(text, is_utf8(text) ? Kind::text : Kind::bytes); }
  void push_global() {
    const auto module = line();
    push_name(stack_, module, line(), classes_);
  }
  void push_stack_global() {
    const PickleNode* name = stack_.pop(Kind::text);
    push_name(stack_, stack_.pop(Kind::text)->text, name->text, classes_);
  }
  Error refused_instance() {
    const std::string module(line());
    return refused(stack_.file, module + "." + std::string(line()));
  }
  Error unknown(uint8_t opcode) const {
    return Error("{} is damaged or was not written by torch.save: its pickle has the opcode {} at byte {}.",
                 stack_.file, opcode, stack_.at - 1);
  }

  // True when the pickle is complete.
  bool step(uint8_t opcode) {
    // clang-format off
    switch (opcode) {
      case 0x80: take(1); break;                                                 // PROTO
      case 0x95: take(8); break;                                                 // FRAME
      case '.': stack_.tree.root = stack_.pop(); return true;                    // STOP
      case '(': stack_.push_mark(); break;                                       // MARK
      case '0': stack_.pop_value_or_mark(); break;                               // POP
      case '1': stack_.pop_to_mark(); break;                                     // POP_MARK
      case '2': stack_.push(stack_.top()); break;                                // DUP
      case 'N': stack_.push_constant(Kind::none, false); break;                  // NONE
      case 0x88: stack_.push_constant(Kind::boolean, true); break;               // NEWTRUE
      case 0x89: stack_.push_constant(Kind::boolean, false); break;              // NEWFALSE
      case 'K': stack_.push_integer(next<uint8_t>()); break;                     // BININT1
      case 'M': stack_.push_integer(next<uint16_t>()); break;                    // BININT2
      case 'J': stack_.push_integer(next<int32_t>()); break;                     // BININT
      case 0x8a: stack_.push_long(counted<uint8_t>()); break;                    // LONG1
      case 0x8b: stack_.push_long(counted<uint32_t>()); break;                   // LONG4
      case 'G': push_real(); break;                                              // BINFLOAT
      case 'X': stack_.push_text(text<uint32_t>(), Kind::text); break;           // BINUNICODE
      case 0x8c: stack_.push_text(text<uint8_t>(), Kind::text); break;           // SHORT_BINUNICODE
      case 0x8d: stack_.push_text(text<uint64_t>(), Kind::text); break;          // BINUNICODE8
      case 'B': stack_.push_text(text<uint32_t>(), Kind::bytes); break;          // BINBYTES
      case 'C': stack_.push_text(text<uint8_t>(), Kind::bytes); break;           // SHORT_BINBYTES
      case 0x8e:                                                                 // BINBYTES8
      case 0x96: stack_.push_text(text<uint64_t>(), Kind::bytes); break;         // BYTEARRAY8
      case 'T': push_python2_text(text<uint32_t>()); break;                      // BINSTRING
      case 'U': push_python2_text(text<uint8_t>()); break;                       // SHORT_BINSTRING
      case ')': stack_.push(stack_.make(Kind::tuple)); break;                    // EMPTY_TUPLE
      case ']': stack_.push(stack_.make(Kind::list)); break;                     // EMPTY_LIST
      case '}': stack_.push(stack_.make(Kind::dictionary)); break;               // EMPTY_DICT
      case 0x8f: stack_.push(stack_.make(Kind::set)); break;                     // EMPTY_SET
      case 't': stack_.push_items(Kind::tuple, stack_.pop_to_mark()); break;     // TUPLE
      case 'l': stack_.push_items(Kind::list, stack_.pop_to_mark()); break;      // LIST
      case 0x91: stack_.push_items(Kind::set, stack_.pop_to_mark()); break;      // FROZENSET
      case 0x85: stack_.push_tuple(1); break;                                    // TUPLE1
      case 0x86: stack_.push_tuple(2); break;                                    // TUPLE2
      case 0x87: stack_.push_tuple(3); break;                                    // TUPLE3
      case 'd': push_dictionary(); break;                                        // DICT
      case 'a': append_one(); break;                                             // APPEND
      case 'e':                                                                  // APPENDS
      case 0x90: append(stack_.pop_to_mark()); break;                            // ADDITEMS
      case 's': set_item(); break;                                               // SETITEM
      case 'u': set_items(); break;                                              // SETITEMS
      case 'q': stack_.memoize(next<uint8_t>()); break;                          // BINPUT
      case 'r': stack_.memoize(next<uint32_t>()); break;                         // LONG_BINPUT
      case 0x94: stack_.memoize_next(); break;                                   // MEMOIZE
      case 'h': stack_.push_memoized(next<uint8_t>()); break;                    // BINGET
      case 'j': stack_.push_memoized(next<uint32_t>()); break;                   // LONG_BINGET
      case 'c': push_global(); break;                                            // GLOBAL
      case 0x93: push_stack_global(); break;                                     // STACK_GLOBAL
      case 'i': throw refused_instance();                                        // INST
      case 'Q': build_storage(stack_); break;                                    // BINPERSID
      case 'R':                                                                  // REDUCE
      case 0x81: build_named(stack_); break;                                     // NEWOBJ
      case 'b': set_state(stack_); break;                                        // BUILD
      default: throw unknown(opcode);
    }
    // clang-format on
    return false;
  }

  std::span<const char> bytes_;
  PickleStack stack_;
  Classes classes_;
};

}  // namespace

size_t run_opcodes(std::span<const char> bytes, PickleTree& tree, const std::string& file, Classes classes,
                   size_t most_values) {
  return Machine(bytes.first(std::min(bytes.size(), kLargestPickle)), tree, file, classes, most_values).run();
}

}  // namespace vits::formats
