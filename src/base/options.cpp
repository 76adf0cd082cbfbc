#include "vits/base/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "vits/base/error.h"
#include "vits/base/nearest.h"

namespace vits::base {

Limits any() { return {}; }

Limits between(double least, double most) {
  Limits limits;
  limits.least = least;
  limits.most = most;
  return limits;
}

Limits between_or_auto(double least, double most) {
  Limits limits = between(least, most);
  limits.or_auto = true;
  return limits;
}

Limits at_least(double least) {
  Limits limits;
  limits.least = least;
  return limits;
}

Limits one_of(std::vector<std::string> choices) {
  Limits limits;
  limits.choices = std::move(choices);
  return limits;
}

Limits required() {
  Limits limits;
  limits.required = true;
  return limits;
}

Limits positional() {
  Limits limits = required();
  limits.positional = true;
  return limits;
}

void OptionTable::add_field(const char* name, OptionValue value, Limits limits, const char* help) {
  options_.push_back({name, value, std::move(limits), help, {}});
  options_.back().default_text = value_text(options_.back());
}

const Option* OptionTable::find(const std::string& name) const {
  for (const Option& option : options_)
    if (option.name == name) return &option;
  return nullptr;
}

namespace {

std::string flag_of(const Option& option) { return option.limits.positional ? option.name : "--" + option.name; }

void check_number(const Option& option, double value) {
  if (!(value >= option.limits.least && value <= option.limits.most))
    throw UsageError("{} is {}, but must be {}.", flag_of(option), value, limits_text(option));
}

void check_choice(const Option& option, const std::string& value) {
  const auto& choices = option.limits.choices;
  if (choices.empty()) return;
  for (const std::string& choice : choices)
    if (choice == value) return;
  throw UsageError("{} is \"{}\", but must be {}.", flag_of(option), value, limits_text(option));
}

constexpr const char* kAuto = "auto";

bool parse_bool(const Option& option, const std::string& word) {
  for (const char* yes : {"true", "1", "yes", "on"})
    if (word == yes) return true;
  for (const char* no : {"false", "0", "no", "off"})
    if (word == no) return false;
  throw UsageError("{} is \"{}\", but must be true or false.", flag_of(option), word);
}

template <class Number>
Number parse_number(const Option& option, const std::string& word, const char* kind) {
  Number value{};
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end || word.empty())
    throw UsageError("{} is \"{}\", but must be {}.", flag_of(option), word, kind);
  return value;
}

struct SetFromWords {
  const Option& option;
  const std::vector<std::string>& words;

  const std::string& only() const {
    if (words.size() != 1) throw UsageError("{} takes one value, {} were given.", flag_of(option), words.size());
    return words.front();
  }
  void operator()(bool* value) const { *value = words.empty() ? true : parse_bool(option, only()); }
  void operator()(int64_t* value) const {
    if (option.limits.or_auto && only() == kAuto) {
      *value = 0;
      return;
    }
    const auto number =
        parse_number<int64_t>(option, only(), option.limits.or_auto ? "auto or a whole number" : "a whole number");
    check_number(option, static_cast<double>(number));
    *value = number;
  }
  void operator()(double* value) const {
    const auto number = parse_number<double>(option, only(), "a number");
    check_number(option, number);
    *value = number;
  }
  void operator()(std::string* value) const {
    check_choice(option, only());
    *value = only();
  }
  void operator()(std::vector<std::string>* value) const {
    for (const std::string& word : words) check_choice(option, word);
    *value = words;
  }
};

std::vector<std::string> words_of_json(const nlohmann::json& json, const std::string& where) {
  if (json.is_string()) return {json.get<std::string>()};
  if (json.is_boolean() || json.is_number()) return {json.dump()};
  if (json.is_array()) {
    std::vector<std::string> words;
    for (const auto& item : json) {
      const auto inner = words_of_json(item, where);
      words.insert(words.end(), inner.begin(), inner.end());
    }
    return words;
  }
  throw UsageError("{}: the value {} is neither a text, a number, true/false nor a list of those.", where, json.dump());
}

}  // namespace

void OptionTable::set(const std::string& name, const std::vector<std::string>& words) const {
  const Option* option = find(name);
  if (!option) throw UsageError("there is no option \"{}\"; this is a bug in vits-train", name);
  std::visit(SetFromWords{*option, words}, option->value);
}

std::string value_text(const Option& option) {
  struct Print {
    const Option& option;
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const int64_t* value) const {
      return option.limits.or_auto && *value == 0 ? kAuto : std::to_string(*value);
    }
    std::string operator()(const double* value) const { return fmt::format("{:g}", *value); }
    std::string operator()(const std::string* value) const { return *value; }
    std::string operator()(const std::vector<std::string>* value) const {
      return fmt::format("{}", fmt::join(*value, " "));
    }
  };
  return std::visit(Print{option}, option.value);
}

std::string limits_text(const Option& option) {
  const Limits& limits = option.limits;
  if (!limits.choices.empty()) {
    if (limits.choices.size() == 1) return limits.choices.front();
    const auto last = limits.choices.end() - 1;
    return fmt::format("{} or {}", fmt::join(limits.choices.begin(), last, ", "), *last);
  }
  if (std::isfinite(limits.least) && std::isfinite(limits.most))
    return fmt::format("{}{:g} to {:g}", limits.or_auto ? "auto, or " : "", limits.least, limits.most);
  if (std::isfinite(limits.least)) return fmt::format("at least {:g}", limits.least);
  if (std::isfinite(limits.most)) return fmt::format("at most {:g}", limits.most);
  return {};
}

void set_from_json(const OptionTable& table, const nlohmann::json& json, const std::string& source) {
  if (!json.is_object()) throw UsageError("{}: expected a JSON object of options, found {}.", source, json.type_name());
  std::vector<std::string> names;
  for (const Option& option : table.options()) names.push_back(option.name);
  for (const auto& [spelling, value] : json.items()) {
    std::string key = spelling;
    std::replace(key.begin(), key.end(), '-', '_');
    if (!table.find(key)) throw UsageError("{}: there is no option \"{}\".{}", source, key, did_you_mean(key, names));
    try {
      table.set(key, words_of_json(value, key));
    } catch (const UsageError& error) {
      throw UsageError("{}: {}", source, error.what());
    }
  }
}

nlohmann::json to_json(const OptionTable& table) {
  nlohmann::json json = nlohmann::json::object();
  for (const Option& option : table.options())
    if (option.limits.or_auto && value_text(option) == kAuto)
      json[option.name] = kAuto;
    else
      std::visit([&](const auto* value) { json[option.name] = *value; }, option.value);
  return json;
}

std::string markdown_rows(const OptionTable& table) {
  const auto escape = [](std::string text) {
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
    return text;
  };
  std::string rows;
  for (const Option& option : table.options()) {
    const std::string limits = limits_text(option);
    const std::string value = option.limits.required        ? "required"
                              : option.default_text.empty() ? ""
                                                            : "`" + option.default_text + "`";
    rows += fmt::format("| `{}` | {} | {}{} |\n", flag_of(option), escape(value), escape(option.help),
                        limits.empty() ? "" : escape(" (" + limits + ")"));
  }
  return rows;
}

}  // namespace vits::base
