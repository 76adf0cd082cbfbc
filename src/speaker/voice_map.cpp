#include "vits/speaker/voice_map.h"

#include <algorithm>
#include <cmath>

namespace vits::speaker {

namespace {

constexpr int kRounds = 400, kRoundsApart = 100;  // in the first ones clusters are pulled together to pass each other
constexpr double kPulled = 12.0;

using Places = std::vector<std::array<double, 2>>;

// Each voice's weights for its neighbours, such that it has about `neighbours` of them: [count, count], rows sum to 1.
std::vector<float> neighbour_weights(std::span<const Embedding> voices, double neighbours) {
  const size_t count = voices.size();
  std::vector<float> weights(count * count);
  std::vector<double> distances(count);
  for (size_t voice = 0; voice < count; ++voice) {
    for (size_t other = 0; other < count; ++other)
      distances[other] = 2.0 - 2.0 * similarity(voices[voice], voices[other]);
    double sharpness = 20.0, least = 0.0, most = -1.0;
    for (int attempt = 0; attempt < 40; ++attempt) {
      double sum = 0.0, weighted = 0.0;
      for (size_t other = 0; other < count; ++other) {
        if (other == voice) continue;
        const double weight = std::exp(-sharpness * distances[other]);
        sum += weight;
        weighted += weight * distances[other];
      }
      sum = std::max(sum, 1e-300);
      const double entropy = std::log(sum) + sharpness * weighted / sum;
      for (size_t other = 0; other < count; ++other) {
        weights[voice * count + other] = other == voice ? 0.0f : float(std::exp(-sharpness * distances[other]) / sum);
      }
      if (std::abs(entropy - std::log(neighbours)) < 1e-4) break;
      if (entropy > std::log(neighbours)) {
        least = sharpness;
        sharpness = most < 0.0 ? sharpness * 2.0 : (sharpness + most) / 2.0;
      } else {
        most = sharpness;
        sharpness = (sharpness + least) / 2.0;
      }
    }
  }
  return weights;
}

// The two directions in which the voices differ most, by power iteration.
Places principal_plane(std::span<const Embedding> voices) {
  std::array<double, std::tuple_size_v<Embedding>> mean{};
  for (const Embedding& voice : voices) {
    for (size_t number = 0; number < mean.size(); ++number) mean[number] += voice[number] / double(voices.size());
  }
  Places places(voices.size());
  std::array<std::array<double, std::tuple_size_v<Embedding>>, 2> axes{};
  for (size_t axis = 0; axis < 2; ++axis) {
    auto& direction = axes[axis];
    for (size_t number = 0; number < direction.size(); ++number)
      direction[number] = std::sin(double(number * (axis + 1) + 1));
    for (int round = 0; round < 30; ++round) {
      std::array<double, std::tuple_size_v<Embedding>> next{};
      for (const Embedding& voice : voices) {
        double along = 0.0;
        for (size_t number = 0; number < next.size(); ++number)
          along += (voice[number] - mean[number]) * direction[number];
        for (size_t number = 0; number < next.size(); ++number) next[number] += along * (voice[number] - mean[number]);
      }
      double shared = 0.0, squares = 0.0;
      for (size_t number = 0; number < next.size(); ++number) shared += next[number] * axes[0][number];
      if (axis == 1) {
        for (size_t number = 0; number < next.size(); ++number) next[number] -= shared * axes[0][number];
      }
      for (const double number : next) squares += number * number;
      if (squares <= 0.0) break;
      for (size_t number = 0; number < next.size(); ++number) direction[number] = next[number] / std::sqrt(squares);
    }
    for (size_t voice = 0; voice < voices.size(); ++voice) {
      for (size_t number = 0; number < direction.size(); ++number) {
        places[voice][axis] += (voices[voice][number] - mean[number]) * direction[number];
      }
    }
  }
  return places;
}

}  // namespace

Places voice_map(std::span<const Embedding> voices) {
  const size_t count = voices.size();
  if (count < 4) {
    Places line(count);
    for (size_t voice = 0; voice < count; ++voice) line[voice] = {double(voice), 0.0};
    return line;
  }
  const std::vector<float> weights = neighbour_weights(voices, std::min(30.0, double(count - 1) / 3.0));
  Places places = principal_plane(voices), speed(count), pull(count);
  for (auto& place : places) {
    for (double& coordinate : place) coordinate *= 0.01;
  }
  std::vector<float> closeness(count * count);
  for (int round = 0; round < kRounds; ++round) {
    double total = 0.0;
    for (size_t a = 0; a < count; ++a) {
      for (size_t b = 0; b < a; ++b) {
        const double x = places[a][0] - places[b][0], y = places[a][1] - places[b][1];
        closeness[a * count + b] = float(1.0 / (1.0 + x * x + y * y));
        total += 2.0 * closeness[a * count + b];
      }
    }
    std::ranges::fill(pull, std::array<double, 2>{});
    const double factor = round < kRoundsApart ? kPulled : 1.0;
    for (size_t a = 0; a < count; ++a) {
      for (size_t b = 0; b < a; ++b) {
        const double near = closeness[a * count + b];
        const double wanted = (double(weights[a * count + b]) + weights[b * count + a]) / (2.0 * double(count));
        const double force = 4.0 * (factor * wanted - near / total) * near;
        for (size_t axis = 0; axis < 2; ++axis) {
          const double part = force * (places[a][axis] - places[b][axis]);
          pull[a][axis] += part;
          pull[b][axis] -= part;
        }
      }
    }
    const double rate = std::max(double(count) / kPulled, 20.0), momentum = round < kRoundsApart ? 0.5 : 0.8;
    for (size_t voice = 0; voice < count; ++voice) {
      for (size_t axis = 0; axis < 2; ++axis) {
        speed[voice][axis] = momentum * speed[voice][axis] - rate * pull[voice][axis];
        places[voice][axis] += speed[voice][axis];
      }
    }
  }
  return places;
}

}  // namespace vits::speaker
