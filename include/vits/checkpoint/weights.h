// A voice's tensors into the network and out of it again, strictly: what does not fit is an error that lists the names.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "vits/checkpoint/voice_files.h"
#include "vits/formats/tensor_map.h"
#include "vits/model/discriminators.h"
#include "vits/model/generator.h"

namespace vits::checkpoint {

// Whether a pattern with * and ?, as --freeze and --reinitialize take them, means the tensor of that name: by either
// spelling of weight norm, and a part ("text_encoder") means all below it.
bool pattern_means(const std::string& pattern, const std::string& name);

struct ApplyOptions {
  // Patterns such as "text_encoder.embed_tokens" or "discriminator": tensors that keep the values they have in the
  // network (its fresh start) instead of taking the file's, which may then be missing or of another shape.
  std::vector<std::string> reinitialize;
  std::string discriminators_from;  // named in errors when their tensors are not from the voice's own files
};

struct Applied {
  std::vector<std::string> reinitialized;  // names, those of discriminators with the prefix `discriminator.`
};

// Copies every tensor of the voice into the parameters of the same name, converted to their dtype and device. The
// networks may carry weight norm or not, layer by layer: the pair g, v is multiplied out or a plain weight split as
// they need it. `discriminators` may be null; when it is not, the voice must have them.
//
// Throws Error that lists the names when a tensor is missing, not expected, of another shape, of whole numbers, or
// holds a value that is not a finite number, and when a pattern fits no tensor. The networks are then as they were.
Applied apply_weights(model::Generator& generator, model::Discriminators* discriminators, const VoiceFiles& voice,
                      const ApplyOptions& options = {});

// Sets the voice's tensors from the networks, whatever weight norm they carry. `discriminators` may be null: the voice
// then has none. What else the voice holds (its config, vocabulary, names) stays.
void take_weights(VoiceFiles& voice, model::Generator& generator, model::Discriminators* discriminators);

// The tensor of that name, or what it follows from in the other spelling of weight norm: a product from its length and
// direction, or one of these from a product. Undefined when `tensors` has neither. The names it used are added to
// `used`.
at::Tensor tensor_named(const formats::TensorMap& tensors, const std::string& name, std::set<std::string>& used);

bool is_finite(const at::Tensor& tensor);  // every value of it

}  // namespace vits::checkpoint
