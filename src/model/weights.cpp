#include "vits/model/weights.h"

#include <ATen/ATen.h>

#include "vits/model/convolution.h"

namespace vits::model {

namespace {

constexpr char kLength[] = "parametrizations.weight.original0", kDirection[] = "parametrizations.weight.original1";

bool in_wavenet(const std::string& name) { return name.find(".wavenet.") != std::string::npos; }

at::Tensor copy_of(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true).contiguous();
}

void add_state(torch::nn::Module& network, const std::string& prefix, State& state) {
  const at::NoGradGuard no_grad;
  for (const auto& parameter : network.named_parameters()) state[prefix + parameter.key()] = copy_of(*parameter);
  for (const auto& part : network.named_modules("", /*include_self=*/false)) {
    const auto* convolution = dynamic_cast<const Convolution*>(part.value().get());
    if (!convolution || convolution->has_weight_norm() == in_wavenet(part.key())) continue;
    const std::string name = prefix + part.key() + '.';
    const auto weight = copy_of(convolution->weight());
    if (convolution->has_weight_norm()) {
      state.erase(name + kLength);
      state.erase(name + kDirection);
      state[name + "weight"] = weight;
    } else {
      state.erase(name + "weight");
      state[name + kLength] = at::norm_except_dim(weight, 2, 0);
      state[name + kDirection] = weight;
    }
  }
}

}  // namespace

State state_of(const torch::nn::Module& module) {
  State state;
  for (const auto& parameter : module.named_parameters()) state.emplace(parameter.key(), *parameter);
  for (const auto& buffer : module.named_buffers()) state.emplace(buffer.key(), *buffer);
  return state;
}

State checkpoint_state(Generator& generator, Discriminators* discriminators) {
  State state;
  add_state(*generator, "", state);
  if (discriminators) add_state(**discriminators, "discriminator.", state);
  return state;
}

void add_training_weight_norm(Generator& generator, Discriminators& discriminators) {
  add_training_weight_norm(generator);
  discriminators->add_weight_norm();
}

void add_training_weight_norm(Generator& generator) {
  for (const auto& part : generator->named_modules("", /*include_self=*/false))
    if (auto* convolution = dynamic_cast<Convolution*>(part.value().get()); convolution && in_wavenet(part.key()))
      convolution->add_weight_norm();
  generator->decoder->add_weight_norm();
}

void fold_weight_norm(Generator& generator) {
  for (Convolution* convolution : convolutions_of(*generator)) convolution->fold_weight_norm();
}

}  // namespace vits::model
