#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "command.h"
#include "command_list.h"
#include "gpu.h"
#include "version.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/machine.h"
#include "vits/base/process.h"
#include "vits/base/user_folders.h"
#include "vits/model/card.h"
#include "vits/report/figures.h"
#include "vits/train/training_needs.h"

namespace vits::cli {

namespace {

struct DoctorOptions {
  std::string data_dir = "training";
  int64_t batch_size = 8;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("data_dir", data_dir, base::any(), "Training folder whose recordings are to be counted in, if it is there.");
    field("batch_size", batch_size, base::between(1, 1024), "Clips in a batch of the run to plan for.");
  }
};

void print_line(const std::string& name, const std::string& text) { fmt::print("  {:<16}{}\n", name, text); }

// Says whether `have` is enough and counts what is not.
void verdict(const std::string& name, uint64_t need, uint64_t have, int& short_of) {
  const bool fits = need <= have;
  short_of += !fits;
  print_line(name, fmt::format("about {} needed, {} free: {}", report::bytes_text(need), report::bytes_text(have),
                               fits ? "fits" : "DOES NOT FIT"));
}

int doctor(const DoctorOptions& options) {
  fmt::print("Programs\n");
  for (const auto& [name, version] : versions()) print_line(name, version);
  const auto espeak = base::find_program("espeak-ng");
  print_line("espeak-ng", espeak.empty() ? "not found; only voices that speak from phonemes need it" : espeak.string());

  fmt::print("\nMachine\n");
  const auto cards = graphics_cards();
  const model::CardSight sight = model::look_for_card();
  const bool usable = model::card_is_usable();
  const auto of_libtorch = usable ? model::card_of(c10::Device(c10::kCUDA, 0)) : std::nullopt;
  for (const Gpu& card : cards)
    print_line("GPU",
               fmt::format("{}, compute capability {}, driver {}, {} of {} free", card.name, card.compute_capability,
                           card.driver, report::bytes_text(card.free_bytes), report::bytes_text(card.total_bytes)));
  if (cards.empty() && sight.is_found)
    print_line("GPU", fmt::format("{}; nvidia-smi, which tells its driver and its free memory, is not installed",
                                  of_libtorch ? of_libtorch->name : "one that LibTorch can use"));
  else if (cards.empty())
    print_line("GPU", "none found: everything runs on the CPU, training many times slower than on a card");
  if (cards.size() > 1 && of_libtorch) print_line("", "training takes the " + of_libtorch->name);
  if (!cards.empty() && !sight.is_found) {
    const char* const visible = "CUDA_VISIBLE_DEVICES";
    print_line("",
               base::is_set(visible)
                   ? fmt::format("LibTorch sees no card: {} is \"{}\"", visible, base::environment_variable(visible))
                   : "LibTorch cannot use the card: its driver must be of CUDA 13 (580 or newer)");
  }
  if ((!cards.empty() || sight.is_found) && !sight.has_kernels)
    print_line("", fmt::format("{}: everything runs on the CPU", model::why_no_card(sight)));
  if (of_libtorch) try {
      model::check_card(*of_libtorch, {});
    } catch (const Error& error) {
      print_line("", error.what());
    }
  const auto memory = base::memory();
  print_line("RAM", fmt::format("{} of {} free", report::bytes_text(memory.available_bytes),
                                report::bytes_text(memory.total_bytes)));
  print_line("processors", fmt::format("{}", base::processors()));
  print_line("disk here", fmt::format("{} free in {}", report::bytes_text(base::free_bytes(".")),
                                      std::filesystem::current_path().string()));

  const uint64_t wav_bytes = train::wav_bytes_in(options.data_dir);
  const auto needs = train::training_needs(options.batch_size, wav_bytes);
  fmt::print("\nA training run with batch_size {}{}\n", options.batch_size,
             wav_bytes ? fmt::format(" on the {} of {}/wavs", report::bytes_text(wav_bytes), options.data_dir)
                       : fmt::format(" ({}/wavs holds nothing yet, so recordings are not counted)", options.data_dir));
  int short_of = 0;
  if (usable) {
    try {
      verdict("GPU memory", needs.card_bytes, free_bytes_for_training(), short_of);
    } catch (const std::exception& failure) {
      const std::string text = failure.what();
      print_line("GPU memory", "could not be asked for: " + text.substr(0, text.find('\n')));
      ++short_of;
    }
    verdict("RAM", needs.memory_bytes, memory.available_bytes, short_of);
  } else {
    // On the CPU the network lives in RAM too, in fp32: the reference's peak at batch 8 is 6 GB.
    verdict("RAM", needs.memory_bytes + needs.card_bytes, memory.available_bytes, short_of);
  }
  verdict("disk", needs.disk_bytes, base::free_bytes("."), short_of);
  if (short_of) fmt::print("\nClose other programs, lower --batch_size and raise accumulation, or use another disk.\n");
  return short_of ? 1 : 0;
}

}  // namespace

Command make_doctor_command() {
  return make_command<DoctorOptions>(
      {.name = "doctor",
       .group = kThisMachine,
       .summary = "Says what this machine has and whether a training run would fit",
       .details = "Looks at the graphics card, memory, disk and libraries. Exits with 1 when a training run of the "
                  "given size would not fit.",
       .examples = {"vits-train doctor", "vits-train doctor --data_dir training --batch_size 16"},
       .options = {},
       .run = {}},
      doctor);
}

}  // namespace vits::cli
