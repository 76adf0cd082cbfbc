#include "run_figures.h"

#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include "vits/base/machine.h"
#include "vits/model/card.h"

namespace vits::train {

void ThroughputMeter::start(double now_seconds, const Progress& progress, double waited_seconds) {
  then_ = now_seconds;
  progress_ = progress;
  waited_ = waited_seconds;
  left_out_ = 0.0;
}

ThroughputMeter::Interval ThroughputMeter::interval(double now_seconds, const Progress& progress,
                                                    double waited_seconds) {
  const double seconds = std::max(1e-9, now_seconds - then_ - left_out_);
  const auto steps = static_cast<double>(std::max<int64_t>(1, progress.step - progress_.step));
  const int64_t samples = progress.samples - progress_.samples;
  last_ = {.seconds_per_step = seconds / steps,
           .samples_per_second = static_cast<double>(samples) / seconds,
           .data_wait_share = (waited_seconds - waited_) / seconds};
  seconds_ += seconds;
  samples_ += samples;
  start(now_seconds, progress, waited_seconds);
  return last_;
}

double ThroughputMeter::samples_per_second() const {
  return seconds_ > 0 ? static_cast<double>(samples_) / seconds_ : 0.0;
}

namespace {

struct DeviceMemory {
  uint64_t free_bytes = 0, total_bytes = 0;
};

DeviceMemory memory_of(at::Device device) {
  if (device.is_cpu()) return {};
  const auto [free_bytes, total_bytes] = c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index());
  return {free_bytes, total_bytes};
}

int64_t parameters_of(const torch::nn::Module& network, bool trained_only) {
  int64_t count = 0;
  for (const auto& parameter : network.named_parameters()) {
    // Weight norm's lengths are not counted: they are part of the weights.
    if (parameter.key().ends_with("parametrizations.weight.original0")) continue;
    if (!trained_only || parameter.value().requires_grad()) count += parameter.value().numel();
  }
  return count;
}

}  // namespace

uint64_t free_device_bytes(at::Device device) { return memory_of(device).free_bytes; }

uint64_t peak_device_bytes(at::Device device) {
  if (device.is_cpu()) return 0;
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return static_cast<uint64_t>(stats.allocated_bytes[0].peak);
}

std::string device_text(at::Device device) {
  if (device.is_cuda()) {
    const auto card = model::card_of(device);
    return fmt::format("{} (CUDA card {})", card ? card->name : "a card", device.index());
  }
  return fmt::format("CPU, {} threads", at::get_num_threads());
}

std::string precision_text(std::optional<c10::ScalarType> half) {
  return !half ? "fp32" : *half == at::kHalf ? "fp16" : "bf16";
}

report::PlanScreen screen_of(const Learner& learner, const Networks& networks) {
  report::PlanScreen screen;
  screen.parameters = parameters_of(*networks.generator, false);
  screen.trained_parameters = parameters_of(*networks.generator, true);
  screen.sample_rate_hz = networks.generator->config().sampling_rate;
  screen.speakers = networks.generator->config().num_speakers;
  if (networks.discriminators) screen.discriminator_parameters = parameters_of(*networks.discriminators, false);
  screen.device = device_text(learner.device());
  screen.precision = precision_text(learner.half());
  screen.memory_free_bytes = base::memory().available_bytes;
  const DeviceMemory memory = memory_of(learner.device());
  screen.device_free_bytes = memory.free_bytes;
  screen.device_total_bytes = memory.total_bytes;
  return screen;
}

report::StepReport step_report(const LossMeans& losses, const Learner& learner) {
  report::StepReport report;
  for (size_t i = 0; i < kLossNames.size(); ++i) {
    const bool of_judges = i >= static_cast<size_t>(Loss::kGen);
    if (learner.adversarial() || !of_judges) report.losses.emplace_back(kLossNames[i], losses.values[i]);
  }
  report.more.emplace_back("grad_norm_gen", losses.gradient_norm_gen);
  if (learner.adversarial()) report.more.emplace_back("grad_norm_disc", losses.gradient_norm_disc);
  if (learner.half() == at::kHalf) report.more.emplace_back("loss_scale", learner.loss_scale());
  report.more.emplace_back("skipped_updates", static_cast<double>(losses.skipped_updates));
  const DeviceMemory memory = memory_of(learner.device());
  report.device_bytes_used = memory.total_bytes - memory.free_bytes;
  report.device_bytes_total = memory.total_bytes;
  report.process_bytes = base::resident_bytes();
  return report;
}

formats::Json json_of(const LearningRate::State& state) {
  return {{"phase", state.phase},
          {"factor", state.factor},
          {"step", state.step},
          {"steps_left", state.steps_left},
          {"warmup_steps", state.warmup_steps}};
}

LearningRate::State rate_state(const formats::Json& json) {
  return {.phase = json.at("phase"),
          .factor = json.at("factor"),
          .step = json.at("step"),
          .steps_left = json.at("steps_left"),
          .warmup_steps = json.at("warmup_steps")};
}

}  // namespace vits::train
