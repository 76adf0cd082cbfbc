// Weights by name, as checkpoints know them.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>

#include "vits/model/discriminators.h"
#include "vits/model/generator.h"

namespace vits::model {

using State = std::map<std::string, at::Tensor>;

// The parameters themselves, not copies: copy_() into them to load. Weight norm shows as
// `X.parametrizations.weight.original0` and `original1` wherever it is on.
State state_of(const torch::nn::Module& module);

// Copies on the host, in the form that transformers opens: weight norm in the WaveNets, plain weights everywhere else,
// whatever training or speaking has made of them. The discriminators, if given, stand under `discriminator.`.
State checkpoint_state(Generator& generator, Discriminators* discriminators = nullptr);

// Weight norm where the published VITS trains with it and checkpoints store the product: upsampling and residual blocks
// of the decoder, all of the discriminators, and the WaveNets if they were folded.
void add_training_weight_norm(Generator& generator, Discriminators& discriminators);
void add_training_weight_norm(Generator& generator);

// Every product computed once, for a voice that only speaks.
void fold_weight_norm(Generator& generator);

}  // namespace vits::model
