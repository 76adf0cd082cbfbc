// The tensors that the build packs into the program, in this order, as little-endian float32: first those of the voice
// activity network, then those of the speaker encoder.
#pragma once
#include <cstddef>
#include <cstdint>

namespace vits::speaker {

struct PackedTensor {
  const char* name;  // in its package's file
  int64_t numbers;
};

// Of silero_vad.jit, whose safetensors sibling is another network. Its transform is an ordinary one under a Hann
// window, which we compute.
inline constexpr PackedTensor kVoiceActivityTensors[] = {
    {"_model.encoder.0.reparam_conv.weight", 128 * 129 * 3},
    {"_model.encoder.0.reparam_conv.bias", 128},
    {"_model.encoder.1.reparam_conv.weight", 64 * 128 * 3},
    {"_model.encoder.1.reparam_conv.bias", 64},
    {"_model.encoder.2.reparam_conv.weight", 64 * 64 * 3},
    {"_model.encoder.2.reparam_conv.bias", 64},
    {"_model.encoder.3.reparam_conv.weight", 128 * 64 * 3},
    {"_model.encoder.3.reparam_conv.bias", 128},
    {"_model.decoder.rnn.weight_ih", 512 * 128},
    {"_model.decoder.rnn.weight_hh", 512 * 128},
    {"_model.decoder.rnn.bias_ih", 512},
    {"_model.decoder.rnn.bias_hh", 512},
    {"_model.decoder.decoder.2.weight", 128},
    {"_model.decoder.decoder.2.bias", 1},
};

// Of resemblyzer's pretrained.pt, under "model_state".
inline constexpr PackedTensor kVoiceEncoderTensors[] = {
    {"lstm.weight_ih_l0", 1024 * 40},  {"lstm.weight_hh_l0", 1024 * 256},
    {"lstm.bias_ih_l0", 1024},         {"lstm.bias_hh_l0", 1024},
    {"lstm.weight_ih_l1", 1024 * 256}, {"lstm.weight_hh_l1", 1024 * 256},
    {"lstm.bias_ih_l1", 1024},         {"lstm.bias_hh_l1", 1024},
    {"lstm.weight_ih_l2", 1024 * 256}, {"lstm.weight_hh_l2", 1024 * 256},
    {"lstm.bias_ih_l2", 1024},         {"lstm.bias_hh_l2", 1024},
    {"linear.weight", 256 * 256},      {"linear.bias", 256},
};

template <size_t count>
constexpr int64_t numbers_of(const PackedTensor (&tensors)[count]) {
  int64_t numbers = 0;
  for (const PackedTensor& tensor : tensors) numbers += tensor.numbers;
  return numbers;
}

}  // namespace vits::speaker
