#include "vits/train/resumed_options.h"

#include <algorithm>
#include <functional>

#include "vits/base/error.h"
#include "vits/checkpoint/run_state.h"
#include "vits/train/run_places.h"

namespace vits::train {

namespace fs = std::filesystem;
using formats::Json;

namespace {

// What a saved state hangs on: with another value the weights do not fit, or the place in the data means another place.
const std::set<std::string>& bound_options() {
  static const std::set<std::string> names{
      "model_name",  "seed",     "batch_size",   "batch_seconds", "length_buckets",      "gradient_accumulation_steps",
      "max_samples", "freeze",   "reinitialize", "speakers",      "add_symbols",         "adversarial",
      "ema",         "schedule", "warmup_steps", "discriminator", "effective_batch_size"};
  return names;
}

constexpr const char* kPlaces[] = {"data_dir", "checkpoint_dir", "output_dir", "model_name", "discriminator"};

bool is_place(const std::string& name) {
  return std::find(std::begin(kPlaces), std::end(kPlaces), name) != std::end(kPlaces);
}

bool same_place(const Json& a, const Json& b) {
  return a.is_string() && b.is_string() && real_place(a.get<std::string>()) == real_place(b.get<std::string>());
}

// Where the program stood when it called `folder` by the relative name `name`; empty when that cannot be told.
fs::path working_folder(const fs::path& folder, const fs::path& name) {
  if (name.is_absolute()) return {};
  const fs::path whole = real_place(folder), end = name.lexically_normal();
  std::vector<fs::path> parts(whole.begin(), whole.end());
  for (auto part = end.end(); part != end.begin();) {
    --part;
    if (part->empty() || *part == ".") continue;
    if (parts.empty() || parts.back() != *part) return {};
    parts.pop_back();
  }
  fs::path stood;
  for (const fs::path& part : parts) stood /= part;
  return stood;
}

// Where the run stood, wherever this program stands: another project's folders have the same names. A project that was
// moved as a whole is found where it is; of checkpoints that were moved alone nothing is known.
void find_places(Json& options, const fs::path& folder) {
  const auto text = [&](const char* name) { return options.value(name, std::string()); };
  std::error_code error;
  const fs::path stood = working_folder(folder, text("checkpoint_dir"));
  if (stood.empty() || stood == real_place(".") || !fs::exists(stood / text("data_dir"), error)) return;
  for (const char* name : kPlaces) {
    const fs::path place = text(name);
    const bool is_output = std::string_view(name) == "output_dir" || std::string_view(name) == "checkpoint_dir";
    if (!place.empty() && place.is_relative() && (is_output || fs::exists(stood / place, error)))
      options[name] = (stood / place).string();
  }
}

Json options_in(const fs::path& checkpoint) {
  const Json facts = checkpoint::read_run_facts(checkpoint);
  check_version(facts, checkpoint.string());
  return facts.contains("options") ? facts.at("options") : Json();
}

}  // namespace

void check_version(const Json& facts, const std::string& checkpoint) {
  if (const auto version = facts.find("version"); version != facts.end() && *version > kRunStateVersion)
    throw Error("{} was written by a newer vits-train (state {}; this one reads up to {}). Go on with that one.",
                checkpoint, version->dump(), kRunStateVersion);
}

Json options_of_run(const fs::path& checkpoint_dir, const std::string& resume) {
  std::error_code error;
  Json options;
  fs::path folder = checkpoint_dir;
  if (resume == "auto" && fs::is_directory(checkpoint_dir, error)) {
    auto runs = checkpoint::saved_runs(checkpoint_dir, nullptr);
    std::erase_if(runs, [](const checkpoint::SavedRun& run) { return !run.is_ours; });
    if (!runs.empty())
      options = options_in(runs.front().path);
    else if (fs::exists(checkpoint_dir / "options.json", error))
      options = formats::read_json(checkpoint_dir / "options.json");
  } else if (!resume.empty() && fs::is_regular_file(resume, error)) {
    options = options_in(resume);
    folder = fs::absolute(resume).parent_path();
  }
  if (options.is_object()) find_places(options, folder);
  return options;
}

bool settle_length(BudgetOptions& budget, const std::set<std::string>& given) {
  const BudgetOptions usual;
  struct Length {
    const char* name;
    bool is_on;
    std::function<void()> drop;
  };
  const Length lengths[] = {
      {"max_steps", budget.max_steps > 0, [&] { budget.max_steps = usual.max_steps; }},
      {"epochs", budget.epochs > 0, [&] { budget.epochs = usual.epochs; }},
      {"deadline", !budget.deadline.empty(), [&] { budget.deadline = usual.deadline; }},
      {"target_hours", true, [] {}},
  };
  const Length* chosen = nullptr;
  for (const Length& length : lengths) {
    if (!length.is_on || !given.contains(length.name)) continue;
    if (chosen)
      throw UsageError("--{} and --{} both say how long the run is. Give one of them.", chosen->name, length.name);
    chosen = &length;
  }
  if (!chosen) return false;
  for (const Length& length : lengths)
    if (&length != chosen) length.drop();
  return true;
}

void compare_options(Json then, const Json& now, const fs::path& checkpoint, std::vector<std::string>& notes) {
  find_places(then, fs::absolute(checkpoint).parent_path());
  for (const auto& [name, value] : now.items()) {
    if (!then.contains(name) || then.at(name) == value || name == "resume") continue;
    if (is_place(name) && same_place(then.at(name), value)) continue;
    if (bound_options().contains(name))
      throw Error(
          "{} was trained with {} {}, this run says {}. Resume with the former, or begin anew with --resume none.",
          checkpoint.string(), name, then.at(name).dump(), value.dump());
    notes.push_back(fmt::format("{} was {} and is {} from here on", name, then.at(name).dump(), value.dump()));
  }
}

}  // namespace vits::train
