// The options protocol: an options struct names each field, its limits and its help once, in a `visit` member, and
// everything else reads that: flags, JSON configuration, the README's table, comparison with a checkpoint.
//
//   struct SpeedOptions {
//     double speed = 1.0;
//     template <class Visitor>
//     void visit(Visitor&& field) { field("speed", speed, base::between(0.1, 10), "How fast to speak; 2 halves the
//     time."); }
//   };
//
// An OptionTable is such a struct seen through type-erased pointers, so that the readers and writers are ordinary
// functions. The struct must outlive its table.
#pragma once
#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

namespace vits::base {

struct Limits {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;  // of a string; empty: any
  bool positional = false;           // given without a flag, in the order of declaration
  bool required = false;
  bool or_auto = false;  // of a whole number: 0, in words and files "auto", leaves it to the program
};

Limits any();
Limits between(double least, double most);
Limits between_or_auto(double least, double most);  // of an int64_t that is 0 for auto
Limits at_least(double least);
Limits one_of(std::vector<std::string> choices);
Limits positional();  // required and given without a flag
Limits required();

using OptionValue = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*>;

struct Option {
  std::string name;  // with underscores: field, flag and JSON key are one word
  OptionValue value;
  Limits limits;
  std::string help;
  std::string default_text;  // what the value was when the table was made
};

class OptionTable {
 public:
  OptionTable() = default;

  template <class Struct>
  static OptionTable of(Struct& options) {
    OptionTable table;
    table.add(options);
    return table;
  }

  template <class Struct>
  void add(Struct& options) {
    options.visit([this](const char* name, auto& value, Limits limits, const char* help) {
      add_field(name, OptionValue(&value), std::move(limits), help);
    });
  }

  const std::vector<Option>& options() const { return options_; }
  const Option* find(const std::string& name) const;

  // Sets one option from the words of a command line. Throws UsageError when they do not convert or are out of limits.
  void set(const std::string& name, const std::vector<std::string>& words) const;

 private:
  void add_field(const char* name, OptionValue value, Limits limits, const char* help);
  std::vector<Option> options_;
};

std::string value_text(const Option& option);
std::string limits_text(const Option& option);  // "0.1 to 10", "auto, cpu or cuda", or empty

// Sets every option that `json` names, spelt with underscores or hyphens; an unknown key is a UsageError that names the
// nearest known one. `source` is the file that the message blames.
void set_from_json(const OptionTable& table, const nlohmann::json& json, const std::string& source);
nlohmann::json to_json(const OptionTable& table);

// The rows of the README's table: | flag | default | what it does |.
std::string markdown_rows(const OptionTable& table);

}  // namespace vits::base
