#include "static_inputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

namespace vits::train {

namespace {

constexpr int64_t kAlignmentBytes = 512;  // bytes, as the devices' allocators give

template <class Batch>
auto tensors_of(Batch& of) {
  return std::array{&of.batch.token_ids,     &of.batch.token_lengths, &of.batch.token_mask,     &of.batch.spectrogram,
                    &of.batch.frame_lengths, &of.batch.frame_mask,    &of.batch.waveform,       &of.batch.speaker_ids,
                    &of.draws.posterior,     &of.draws.duration,      &of.draws.segment_starts, &of.real_mel};
}

int64_t aligned(int64_t bytes) { return (bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes; }

}  // namespace

StepBatch StaticInputs::places_for(const StepBatch& batch) {
  const at::NoGradGuard no_grad;
  int64_t needed = 0;
  for (const at::Tensor* tensor : tensors_of(batch))
    if (tensor->defined()) needed += aligned(static_cast<int64_t>(tensor->nbytes()));
  // Longer batches may come, and what was recorded keeps the room that it knows.
  if (!room_.defined() || room_.numel() < needed)
    room_ = at::empty({room_.defined() ? std::max(needed, room_.numel() * 3 / 2) : needed},
                      batch.batch.spectrogram.options().dtype(at::kByte));

  StepBatch places;
  int64_t begin = 0;
  const auto from = tensors_of(batch);
  const auto to = tensors_of(places);
  for (size_t i = 0; i < from.size(); ++i) {
    const at::Tensor& tensor = *from[i];
    if (!tensor.defined()) continue;
    const auto bytes = static_cast<int64_t>(tensor.nbytes());
    const at::Tensor flat = room_.narrow(0, begin, bytes).view(tensor.scalar_type());
    // In the order of its numbers: what computes with it goes by that order.
    *to[i] = tensor.is_non_overlapping_and_dense() ? flat.as_strided(tensor.sizes(), tensor.strides())
                                                   : flat.view(tensor.sizes());
    begin += aligned(bytes);
  }
  return places;
}

void put(const StepBatch& batch, const StepBatch& places) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> from, to;
  for (const at::Tensor* tensor : tensors_of(batch))
    if (tensor->defined()) from.push_back(*tensor);
  for (const at::Tensor* tensor : tensors_of(places))
    if (tensor->defined()) to.push_back(*tensor);
  at::_foreach_copy_(to, from, /*non_blocking=*/true);
}

std::vector<int64_t> shape_of(const StepBatch& batch) {
  std::vector<int64_t> sizes;
  for (const at::Tensor* tensor : tensors_of(batch)) {
    if (tensor->defined())
      sizes.insert(sizes.end(), tensor->sizes().begin(), tensor->sizes().end());
    else
      sizes.push_back(-1);
  }
  return sizes;
}

}  // namespace vits::train
