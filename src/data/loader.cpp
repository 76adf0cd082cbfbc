#include "vits/data/loader.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "batch_assembly.h"
#include "vits/audio/spectrogram.h"
#include "vits/base/error.h"

namespace vits::data {

namespace {

// Two are in the hands of the caller, one is being filled.
constexpr size_t kSlots = 3;
constexpr uint64_t kCardShare = 10;  // of its free memory that "auto" fills with samples

// How many numbers the largest batch has.
struct Capacity {
  int64_t clips = 0, token_ids = 0, samples = 0, mels = 0;

  void include(const BatchShape& shape) {
    clips = std::max(clips, shape.clips);
    token_ids = std::max(token_ids, shape.clips * shape.tokens);
    samples = std::max(samples, shape.clips * shape.samples);
    mels = std::max(mels, shape.clips * shape.frames * audio::kMelBands);
  }
};

// Flat, of the size of the largest batch.
struct Buffers {
  at::Tensor numbers, token_ids, samples, mels;
};

template <class Value>
std::span<Value> values(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<Value>(), static_cast<size_t>(tensor.numel())};
}

at::Tensor part(const at::Tensor& flat, at::IntArrayRef sizes) {
  return flat.narrow(0, 0, c10::multiply_integers(sizes)).view(sizes);
}

struct Slot {
  Buffers host, there;  // the same on the CPU
  Batch batch;
  // Only for a card: `sent` once the copies have run, `released` once the computation that used them has.
  std::optional<c10::Event> sent, released;
};

}  // namespace

struct Loader::State {
  State(const ClipStore& the_store, c10::Device the_device, const LoaderOptions& options, uint64_t device_bytes_free);
  ~State();

  void work();
  void fill(Slot& slot, const ClipNumbers& clips, const Capacity& needed);
  void make_room(Slot& slot, const Capacity& needed) const;
  void release_oldest();

  bool on_card() const { return !device.is_cpu(); }

  const ClipStore& store;
  const c10::Device device;
  PaddedShapes padded;
  at::Tensor arena;                                 // all samples on the device; undefined when they stay on the host
  std::optional<c10::impl::VirtualGuardImpl> card;  // what to ask for streams
  std::optional<c10::Stream> copying;               // the card's stream of ours

  std::mutex mutex;  // of all below, but the inside of a slot belongs to whoever took it out of its queue
  std::condition_variable changed;
  std::array<Slot, kSlots> slots;
  std::deque<Slot*> free, ready, out;
  std::vector<ClipNumbers> batches;
  size_t begun = 0, handed = 0;  // batches
  int64_t round = 0;             // of begin()
  Capacity capacity;
  std::exception_ptr failure;
  bool stopping = false;
  double waited_seconds = 0.0;
  std::thread thread;  // the last member: it uses all others
};

namespace {

bool wants_arena_there(const ClipStore& store, c10::Device device, const std::string& wish, uint64_t bytes_free) {
  if (wish != "auto") return wish == "true";
  return !device.is_cpu() && store.samples().nbytes() <= bytes_free / kCardShare;
}

at::Tensor arena_there(const ClipStore& store, c10::Device device) {
  try {
    return store.samples().to(device);
  } catch (const c10::OutOfMemoryError&) {
    throw Error("--data_on_gpu true: the card has no room for {:.1f} GB of samples. Take auto or false.",
                static_cast<double>(store.samples().nbytes()) / 1e9);
  }
}

// "cuda" is the card that is current now, also for the thread.
c10::Device with_index(c10::Device device) {
  return device.is_cpu() || device.has_index() ? device : c10::impl::VirtualGuardImpl(device.type()).getDevice();
}

}  // namespace

Loader::State::State(const ClipStore& the_store, c10::Device the_device, const LoaderOptions& options,
                     uint64_t device_bytes_free)
    : store(the_store),
      device(with_index(the_device)),
      padded(options.round_frames == 0 && the_device.is_cpu() ? 1 : options.round_frames) {
  for (const StoredClip& clip : store.clips()) padded.add(clip.frames, clip.tokens);
  if (wants_arena_there(store, device, options.data_on_gpu, device_bytes_free)) arena = arena_there(store, device);
  if (on_card()) {
    card.emplace(device.type());
    copying = card->getStreamFromGlobalPool(device);
  }
  for (Slot& slot : slots) {
    if (on_card()) {
      slot.sent.emplace(device.type());
      slot.released.emplace(device.type());
    }
    free.push_back(&slot);
  }
  thread = std::thread([this] { work(); });
}

Loader::State::~State() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  thread.join();
  try {  // what is still computed from the buffers must not see them used for something else
    if (on_card()) card->synchronizeDevice(device.index());
  } catch (const std::exception&) {  // the card has failed; whoever uses it next will say so
  }
}

void Loader::State::work() {
  const c10::OptionalDeviceGuard on_device(on_card() ? std::optional(device) : std::nullopt);
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return stopping || (!failure && begun < batches.size() && !free.empty()); });
    if (stopping) return;
    Slot& slot = *free.front();
    free.pop_front();
    const ClipNumbers clips = batches[begun++];
    const Capacity needed = capacity;
    const int64_t our_round = round;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      fill(slot, clips, needed);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    const bool is_wanted = our_round == round;
    (thrown || !is_wanted ? free : ready).push_back(&slot);
    if (thrown && is_wanted) failure = thrown;
    changed.notify_all();
  }
}

void Loader::State::make_room(Slot& slot, const Capacity& needed) const {
  const Buffers& now = slot.there;
  const bool fits = now.samples.defined() && now.samples.numel() >= needed.samples
                    && now.token_ids.numel() >= needed.token_ids && now.numbers.numel() >= kNumberRows * needed.clips
                    && (!store.mels().defined() || now.mels.numel() >= needed.mels);
  if (fits) return;
  // Memory that is given back may be handed out again at once.
  if (on_card()) slot.released->synchronize();
  const auto take = [&](const at::TensorOptions& options) {
    Buffers buffers;
    buffers.numbers = at::empty({kNumberRows * needed.clips}, options.dtype(at::kLong));
    buffers.token_ids = at::empty({needed.token_ids}, options.dtype(at::kLong));
    buffers.samples = at::empty({needed.samples}, options.dtype(at::kShort));
    if (store.mels().defined()) buffers.mels = at::empty({needed.mels}, options.dtype(at::kHalf));
    return buffers;
  };
  slot.host = take(at::TensorOptions().pinned_memory(on_card()));
  slot.there = on_card() ? take(at::TensorOptions(device)) : slot.host;
}

void Loader::State::fill(Slot& slot, const ClipNumbers& clips, const Capacity& needed) {
  const c10::OptionalStreamGuard on_stream(copying);
  if (on_card()) slot.sent->synchronize();
  make_room(slot, needed);
  const BatchShape shape = BatchShape::of(store, clips, padded);
  const auto [B, T, F, S] = shape;
  const auto in = [&, B = B, T = T, F = F, S = S](const Buffers& buffers) {
    return Buffers{part(buffers.numbers, {kNumberRows, B}), part(buffers.token_ids, {B, T}),
                   part(buffers.samples, {B, S}),
                   buffers.mels.defined() ? part(buffers.mels, {B, F, audio::kMelBands}) : at::Tensor()};
  };
  const Buffers host = in(slot.host), there = in(slot.there);
  fill_numbers(store, clips, values<int64_t>(host.numbers));
  fill_token_ids(store, clips, shape, values<int64_t>(host.token_ids));
  if (!arena.defined()) fill_samples(store, clips, shape, values<int16_t>(host.samples));
  if (host.mels.defined()) fill_mels(store, clips, shape, values<c10::Half>(host.mels));

  if (on_card()) {
    slot.released->block(*copying);
    there.numbers.copy_(host.numbers, /*non_blocking=*/true);
    there.token_ids.copy_(host.token_ids, true);
    if (!arena.defined()) there.samples.copy_(host.samples, true);
    if (host.mels.defined()) there.mels.copy_(host.mels, true);
  }
  if (arena.defined()) gather_samples(arena, there.numbers, store.target(), there.samples);
  if (on_card()) slot.sent->record(*copying);

  slot.batch = {.clips = clips,
                .token_ids = there.token_ids,
                .samples = there.samples,
                .speaker_ids = store.target().speakers.empty() ? at::Tensor() : there.numbers.select(0, kSpeakerIds),
                .mels = there.mels,
                .token_lengths = host.numbers.select(0, kTokenLengths),
                .frame_lengths = host.numbers.select(0, kFrameLengths),
                .lengths_there = there.numbers.narrow(0, kTokenLengths, 2),
                .frames = F};
}

// Of the batches that the caller has; all that it computed from the oldest is queued on its stream by now.
void Loader::State::release_oldest() {
  Slot* const oldest = out.front();
  if (on_card()) oldest->released->record(card->getStream(device));
  out.pop_front();
  free.push_back(oldest);
}

Loader::Loader(const ClipStore& store, c10::Device device, const LoaderOptions& options, uint64_t device_bytes_free)
    : state_(std::make_unique<State>(store, device, options, device_bytes_free)) {}

Loader::~Loader() = default;

void Loader::begin(std::vector<ClipNumbers> batches) {
  Capacity largest;
  for (const ClipNumbers& clips : batches) largest.include(BatchShape::of(state_->store, clips, state_->padded));
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  state.capacity = {std::max(state.capacity.clips, largest.clips),
                    std::max(state.capacity.token_ids, largest.token_ids),
                    std::max(state.capacity.samples, largest.samples), std::max(state.capacity.mels, largest.mels)};
  state.batches = std::move(batches);
  state.begun = state.handed = 0;
  state.failure = nullptr;
  ++state.round;
  state.free.insert(state.free.end(), state.ready.begin(), state.ready.end());
  state.ready.clear();
  state.changed.notify_all();
}

std::optional<Batch> Loader::next() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  if (state.out.size() == kSlots - 1) state.release_oldest();
  state.changed.notify_all();
  if (state.handed == state.batches.size()) return std::nullopt;
  if (state.ready.empty() && !state.failure) {
    const auto start = std::chrono::steady_clock::now();
    state.changed.wait(lock, [&] { return !state.ready.empty() || state.failure; });
    state.waited_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  if (state.ready.empty()) std::rethrow_exception(state.failure);
  Slot* const slot = state.ready.front();
  state.ready.pop_front();
  state.out.push_back(slot);
  ++state.handed;
  if (state.on_card()) slot->sent->block(state.card->getStream(state.device));
  return slot->batch;
}

double Loader::waited_seconds() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waited_seconds;
}

bool Loader::keeps_data_on_device() const { return state_->arena.defined(); }

}  // namespace vits::data
