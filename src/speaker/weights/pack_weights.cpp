// Run by the build: pack_speaker_weights SILERO_JIT RESEMBLYZER_PT OUT writes the tensors of weight_list.h.
#include <cstdio>
#include <exception>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/pickle.h"
#include "vits/formats/torchscript.h"
#include "weight_list.h"

namespace {

using namespace vits;

template <size_t count>
void append(base::AtomicFile& file, const formats::TensorMap& tensors, const speaker::PackedTensor (&list)[count],
            const char* source) {
  for (const speaker::PackedTensor& wanted : list) {
    const auto found = tensors.find(wanted.name);
    if (found == tensors.end()) throw Error("{} holds no tensor \"{}\"", source, wanted.name);
    const at::Tensor numbers = found->second.to(at::kFloat).contiguous();
    if (numbers.numel() != wanted.numbers) {
      throw Error("{}: \"{}\" holds {} numbers instead of {}", source, wanted.name, numbers.numel(), wanted.numbers);
    }
    file.write(numbers.const_data_ptr<float>(), static_cast<size_t>(wanted.numbers) * sizeof(float));
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  try {
    base::AtomicFile file(words[3]);
    append(file, formats::read_torchscript(words[1]).tensors, speaker::kVoiceActivityTensors, words[1]);
    append(file, formats::read_torch_file(words[2]).at("model_state").tensors(), speaker::kVoiceEncoderTensors,
           words[2]);
    file.commit();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
