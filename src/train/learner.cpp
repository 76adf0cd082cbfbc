#include "vits/train/learner.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <utility>

#include "vits/audio/spectrogram.h"
#include "vits/base/error.h"
#include "vits/loss/adversarial_loss.h"
#include "vits/loss/generator_losses.h"
#include "vits/model/autocast.h"
#include "vits/model/random_state.h"

namespace vits::train {

namespace {

at::Device device_of(const torch::nn::Module& network) { return network.parameters().front().device(); }

// Both halves of a batch that was judged as one.
std::vector<at::Tensor> halves(const std::vector<at::Tensor>& of, int64_t which) {
  std::vector<at::Tensor> half;
  for (const at::Tensor& x : of) half.push_back(x.chunk(2, 0)[static_cast<size_t>(which)]);
  return half;
}

at::Tensor share_of(const at::Tensor& loss, double share) { return share == 1.0 ? loss : loss * share; }

// Of a card: into pinned memory, on its way when this returns; into any memory where the system pins no more. A state
// of MMS's size is a gigabyte: the step waits some 90 ms for it over PCIe 3, and a multiple of that for memory that is
// not pinned. (LibTorch pins powers of two, half as much again.)
at::Tensor host_copy(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor.detach().clone();
  at::Tensor copy;
  try {
    copy = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
  } catch (const c10::Error&) {
    return tensor.detach().to(at::kCPU);
  }
  copy.copy_(tensor.detach(), /*non_blocking=*/true);
  return copy;
}

std::vector<at::Tensor> detached(const std::vector<at::Tensor>& of) {
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& x : of) tensors.push_back(x.detach());
  return tensors;
}

// The frozen ones too.
formats::TensorMap all_parameters(const torch::nn::Module& network) {
  formats::TensorMap tensors;
  for (const auto& parameter : network.named_parameters()) tensors[parameter.key()] = parameter.value();
  return tensors;
}

}  // namespace

Learner::Player::Player(torch::nn::Module& network, const OptimizerOptions& options)
    : parameters(network), adamw(parameters, options), rate(at::zeros({}, parameters.values().options())) {}

Learner::Learner(Networks networks, const LearnerSettings& settings)
    : networks_(std::move(networks)),
      settings_(settings),
      device_(device_of(*networks_.generator)),
      voice_(std::make_unique<Player>(*networks_.generator, settings.optimizer)),
      scale_(settings.half == at::kHalf, device_),
      mel_bank_(audio::mel_bank(networks_.generator->config().sampling_rate).to(device_)),
      sums_(device_) {
  if (networks_.discriminators) {
    judges_ = std::make_unique<Player>(*networks_.discriminators, settings.optimizer.of_discriminators());
    judges_->parameters.require_gradients(false);
  }
  if (settings.optimizer.ema > 0) average_ = voice_->parameters.values().clone();
}

void Learner::Player::keep_gradients(BatchPlace place) {
  if (place.of == 1) return;  // they are 0
  const at::NoGradGuard no_grad;
  // Taken with the first step's first batch, though that one needs none: not when memory has become short.
  if (!kept.defined()) kept = at::empty_like(parameters.gradients());
  if (place.number > 0) kept.copy_(parameters.gradients());
}

void Learner::Player::take_back_gradients(bool first_of_step) {
  const at::NoGradGuard no_grad;
  parameters.drop_gradients();
  if (first_of_step)
    parameters.gradients().zero_();
  else
    parameters.gradients().copy_(kept);
}

void Learner::keep(Loss loss, const at::Tensor& value) {
  at::Tensor& sum = losses_[static_cast<size_t>(loss)];
  sum = sum.defined() ? sum + value.detach() : value.detach();
}

void Learner::forget(Loss first, Loss last) {
  std::fill(losses_.begin() + static_cast<std::ptrdiff_t>(first),
            losses_.begin() + static_cast<std::ptrdiff_t>(last) + 1, at::Tensor());
}

void Learner::learn(const model::TrainingBatch& batch, const model::Draws& draws, const at::Tensor& real_mel,
                    BatchPlace place, Learns who, Rates rates, const Mark& mark) {
  if (stage_ == Stage::kNothing) begin(place, rates);
  compute(batch, draws, real_mel, place, who, mark);
  count(place);
}

void Learner::begin(BatchPlace place, Rates rates) {
  first_of_step_ = place.number == 0;
  voice_->rate.fill_(rates.generator);
  voice_->keep_gradients(place);
  if (judges_) {
    judges_->rate.fill_(rates.discriminators);
    judges_->keep_gradients(place);
  }
  begun_ = true;
}

void Learner::count(BatchPlace place) {
  begun_ = false;
  sums_.count(place.is_last());
}

void Learner::compute(const model::TrainingBatch& batch, const model::Draws& draws, const at::Tensor& real_mel,
                      BatchPlace place, Learns who, const Mark& mark) {
  const bool voice_learns = who == Learns::kBoth;
  const auto parts = batch_parts(batch, draws, real_mel, place.parts);
  const bool whole = parts.size() == 1;

  std::optional<model::Synthesis> made;  // of the whole batch: it serves both networks
  std::vector<model::RandomState> chances;
  if (judges_ && stage_ == Stage::kNothing) {
    forget(Loss::kDisc, Loss::kDiscFake);
    for (const BatchPart& part : parts) {
      part_at_work_ = &part - parts.data();
      if (!whole) chances.emplace_back(device_);
      made = synthesize(part, whole && voice_learns, mark);
      mark("voice_forward");
      teach_discriminators(*made, part.shares.clips, place, mark);
      if (!whole) made.reset();
    }
    if (place.is_last()) {
      judges_->adamw.step(judges_->rate, scale_);
      stage_ = Stage::kDiscriminatorsUpdated;
      mark("discriminators_update");
    }
  }
  if (voice_learns && stage_ != Stage::kAllUpdated) {
    forget(Loss::kTotal, Loss::kFmap);
    for (const BatchPart& part : parts) {
      part_at_work_ = &part - parts.data();
      if (!chances.empty()) chances[static_cast<size_t>(part_at_work_)].restore();
      if (!made) {
        made = synthesize(part, true, mark);
        mark("voice_forward");
      }
      teach_generator(*std::exchange(made, {}), part, place, mark);
    }
    if (place.is_last()) update_generator(mark);
  }
  // Once, though what comes behind it should fail and this be asked for again.
  if (std::any_of(losses_.begin(), losses_.end(), [](const at::Tensor& loss) { return loss.defined(); }))
    sums_.add_batch(losses_);
  losses_ = {};
  if (place.is_last()) count_update(voice_learns);
  voice_weights_.reset();
  real_maps_.clear();
  stage_ = Stage::kNothing;
}

void Learner::forget_unmade() {
  losses_ = {};
  voice_weights_.reset();
  real_maps_.clear();
  stage_ = Stage::kNothing;
  voice_->parameters.drop_gradients();
  if (!judges_) return;
  judges_->parameters.drop_gradients();
  judges_->parameters.require_gradients(false);
}

void Learner::take_back() {
  failed_.forget();
  real_maps_.clear();
  voice_weights_.reset();
  if (!begun_) return;  // the gradients are those of the batches before, and untouched
  if (stage_ != Stage::kAllUpdated) voice_->take_back_gradients(first_of_step_);
  if (!judges_) return;
  judges_->parameters.require_gradients(false);
  if (stage_ == Stage::kNothing) judges_->take_back_gradients(first_of_step_);
}

model::Synthesis Learner::synthesize(const BatchPart& part, bool with_gradients, const Mark& mark) {
  const at::AutoGradMode gradients(with_gradients);
  voice_weights_.emplace(networks_.generator, settings_.half);
  return model::training_forward(networks_.generator, part.batch, part.draws, settings_.half, settings_.keeps, mark);
}

void Learner::teach_discriminators(const model::Synthesis& made, double share, BatchPlace place, const Mark& mark) {
  judges_->parameters.require_gradients(true);
  const model::KeptWeights weights(networks_.discriminators, settings_.half);
  model::Judgement judged;
  {
    const model::Autocast region(device_.type(), settings_.half);
    judged = networks_.discriminators->forward(at::cat({made.real, made.fake.detach()}));
  }
  mark("discriminators_forward");
  const auto loss = loss::discriminator_loss(halves(judged.scores, 0), halves(judged.scores, 1));
  scale_.scaled(settings_.weights.weight_disc * share / static_cast<double>(place.of) * loss.total).backward();
  judges_->parameters.gather();
  judges_->parameters.require_gradients(false);
  mark("discriminators_backward");
  keep(Loss::kDisc, share_of(loss.total, share));
  keep(Loss::kDiscReal, share_of(loss.real, share));
  keep(Loss::kDiscFake, share_of(loss.fake, share));

  real_maps_.clear();
  // When they stay as they are for now, what they made of the recording serves the voice too.
  if (!place.is_last() && place.parts == 1)
    for (const auto& maps : judged.maps) real_maps_.push_back(halves(detached(maps), 0));
}

void Learner::teach_generator(const model::Synthesis& made, const BatchPart& part, BatchPlace place, const Mark& mark) {
  loss::GeneratorOutcome outcome{.real_mel = part.real_mel,
                                 .fake_wave = made.fake,
                                 .z_p = made.z_p,
                                 .log_sigma_q = made.log_sigma_q,
                                 .mu_p = made.mu_p,
                                 .log_sigma_p = made.log_sigma_p,
                                 .frame_mask = part.batch.frame_mask,
                                 .duration_loss = made.loss_duration,
                                 .fake_scores = {},
                                 .real_maps = std::exchange(real_maps_, {}),
                                 .fake_maps = {},
                                 .shares = part.shares};
  if (judges_) {
    auto& judges = networks_.discriminators;
    const model::KeptWeights weights(judges, settings_.half);
    const model::Autocast region(device_.type(), settings_.half);
    if (outcome.real_maps.empty()) {
      const at::NoGradGuard no_grad;
      outcome.real_maps = judges->forward(made.real).maps;
    }
    auto judged = judges->forward(made.fake);
    outcome.fake_scores = std::move(judged.scores);
    outcome.fake_maps = std::move(judged.maps);
  }
  const auto losses = loss::generator_losses(outcome, mel_bank_, settings_.weights);
  mark("voice_judged");
  scale_.scaled(losses.total / static_cast<double>(place.of)).backward();
  voice_weights_.reset();
  voice_->parameters.gather();
  mark("voice_backward");
  keep(Loss::kTotal, losses.total);
  keep(Loss::kMel, losses.mel);
  keep(Loss::kKl, losses.kl);
  keep(Loss::kDuration, losses.duration);
  if (judges_) {
    keep(Loss::kGen, losses.gen);
    keep(Loss::kFmap, losses.fmap);
  }
}

void Learner::update_generator(const Mark& mark) {
  voice_->adamw.step(voice_->rate, scale_);
  stage_ = Stage::kAllUpdated;
  if (averages()) {
    const at::NoGradGuard no_grad;
    average_.lerp_(voice_->parameters.values(), 1 - settings_.optimizer.ema);
  }
  mark("voice_update");
}

void Learner::count_update(bool voice_learns) {
  at::Tensor voice_norm, judges_norm, overflowed = at::zeros_like(scale_.factor());
  const auto look_at = [&](const AdamW& adamw, at::Tensor& norm) {
    norm = adamw.gradient_norm();
    overflowed = at::maximum(overflowed, adamw.overflowed());
  };
  if (voice_learns) look_at(voice_->adamw, voice_norm);
  if (judges_) look_at(judges_->adamw, judges_norm);
  sums_.add_update(voice_norm, judges_norm, overflowed);
  scale_.update(overflowed);
}

void Learner::wait() const {
  if (!device_.is_cpu()) c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
}

double Learner::loss_scale() const { return scale_.factor().item<double>(); }

Learner::Averaged::Averaged(Learner& learner) : learner_(learner) {
  if (!learner.averages()) return;
  const at::NoGradGuard no_grad;
  at::Tensor& values = learner.voice_->parameters.values();
  own_ = values.clone();
  values.copy_(learner.average_);
}

Learner::Averaged::~Averaged() {
  if (!own_.defined()) return;
  const at::NoGradGuard no_grad;
  learner_.voice_->parameters.values().copy_(own_);
}

void Learner::save(checkpoint::RunState& state) const {
  const at::NoGradGuard no_grad;
  // Each buffer is copied as one; the state's tensors are views of the copies.
  const auto player = [&](const std::string& name, const torch::nn::Module& network, Player& of) {
    auto& weights = state.groups[name];
    weights = of.parameters.named(host_copy(of.parameters.values()));
    for (const auto& [key, parameter] : all_parameters(network))
      if (!weights.contains(key)) weights[key] = host_copy(parameter);
    state.groups[name + "_exp_avg"] = of.parameters.named(host_copy(of.adamw.mean()));
    state.groups[name + "_exp_avg_sq"] = of.parameters.named(host_copy(of.adamw.square()));
    state.facts[name + "_optimizer_steps"] = of.adamw.steps().item<double>();
  };
  player("generator", *networks_.generator, *voice_);
  if (judges_) player("discriminators", *networks_.discriminators, *judges_);
  if (averages()) state.groups["generator_average"] = voice_->parameters.named(host_copy(average_));
  state.facts["loss_scale"] = scale_.factor().item<double>();
  state.facts["loss_scale_growth"] = scale_.growth().item<int64_t>();
  state.facts["loss_sums"] = sums_.saved();
  wait();
}

void Learner::restore(const checkpoint::RunState& state, const std::string& source) {
  const at::NoGradGuard no_grad;
  const auto group = [&](const std::string& name) -> const formats::TensorMap& {
    const auto found = state.groups.find(name);
    if (found == state.groups.end())
      throw Error("{} has no part \"{}\". Was the run begun with other options? Begin anew with --resume none.", source,
                  name);
    return found->second;
  };
  const auto player = [&](const std::string& name, const torch::nn::Module& network, Player& to) {
    const formats::TensorMap& tensors = group(name);
    for (auto& [key, parameter] : all_parameters(network)) {
      const auto found = tensors.find(key);
      if (found == tensors.end() || found->second.sizes() != parameter.sizes())
        throw Error(
            "{}: the tensor {}.{} is missing or of another shape. Is it of another voice? Begin anew with --resume "
            "none.",
            source, name, key);
      parameter.copy_(found->second);
    }
    to.parameters.fill(to.adamw.mean(), group(name + "_exp_avg"), source);
    to.parameters.fill(to.adamw.square(), group(name + "_exp_avg_sq"), source);
    to.adamw.steps().fill_(state.facts.at(name + "_optimizer_steps").get<double>());
    to.parameters.gradients().zero_();
  };
  player("generator", *networks_.generator, *voice_);
  if (judges_) player("discriminators", *networks_.discriminators, *judges_);
  if (averages()) voice_->parameters.fill(average_, group("generator_average"), source);
  stage_ = Stage::kNothing;
  scale_.restore(state.facts.at("loss_scale").get<double>(), state.facts.at("loss_scale_growth").get<int64_t>());
  sums_.take();
  // A checkpoint of an earlier version has none; in a file a number that is none is null.
  if (const auto sums = state.facts.find("loss_sums"); sums != state.facts.end()) {
    std::vector<double> numbers;
    for (const auto& number : *sums) numbers.push_back(number.is_number() ? number.get<double>() : std::nan(""));
    sums_.restore(numbers);
  }
}

}  // namespace vits::train
