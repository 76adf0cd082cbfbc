#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "map_pairs.h"
#include "vits/base/parallel.h"
#include "vits/model/number_type.h"

namespace vits::loss {

namespace {

constexpr int64_t kLanes = 16;  // numbers that the compiler turns into vector instructions at once
constexpr int64_t kNumbersATask = 262144;

struct Task {
  const MapPair* pair;
  int64_t begin, end;
};

std::vector<Task> tasks_of(const std::vector<MapPair>& pairs) {
  std::vector<Task> tasks;
  for (const MapPair& pair : pairs)
    for (int64_t begin = 0; begin < pair.count; begin += kNumbersATask)
      tasks.push_back({&pair, begin, std::min(pair.count, begin + kNumbersATask)});
  return tasks;
}

template <typename S, typename T>
double distance(const Task& task) {
  const auto* const real = static_cast<const T*>(task.pair->real);
  const auto* const fake = static_cast<const T*>(task.pair->fake);
  S sums[kLanes] = {};
  int64_t i = task.begin;
  for (; i + kLanes <= task.end; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += std::abs(static_cast<S>(real[i + lane]) - static_cast<S>(fake[i + lane]));
  double sum = 0.0;
  for (; i < task.end; ++i) sum += std::abs(static_cast<S>(real[i]) - static_cast<S>(fake[i]));
  for (const S lane : sums) sum += lane;
  return sum;
}

template <typename S, typename T>
void gradient(const Task& task, S factor) {
  const auto* const real = static_cast<const T*>(task.pair->real);
  const auto* const fake = static_cast<const T*>(task.pair->fake);
  auto* const to = static_cast<T*>(task.pair->fake_gradient);
  for (int64_t i = task.begin; i < task.end; ++i) {
    const S difference = static_cast<S>(fake[i]) - static_cast<S>(real[i]);
    to[i] = static_cast<T>(static_cast<S>((difference > 0) - (difference < 0)) * factor);
  }
}

}  // namespace

template <typename S>
void map_distance_cpu(const std::vector<MapPair>& pairs, S* sum) {
  const auto tasks = tasks_of(pairs);
  std::vector<double> sums(tasks.size());
  base::for_each_task(static_cast<int64_t>(tasks.size()), at::get_num_threads(), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    sums[static_cast<size_t>(number)] =
        model::with_number_type<S>(task.pair->dtype, [&]<typename T>() { return distance<S, T>(task); })
        / static_cast<double>(task.pair->count);
  });
  double total = 0.0;
  for (const double part : sums) total += part;
  *sum = static_cast<S>(total);
}

template <typename S>
void map_distance_backward_cpu(const std::vector<MapPair>& pairs, const S* sum_gradient) {
  const auto tasks = tasks_of(pairs);
  base::for_each_task(static_cast<int64_t>(tasks.size()), at::get_num_threads(), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    model::with_number_type<S>(task.pair->dtype, [&]<typename T>() {
      gradient<S, T>(task, *sum_gradient / static_cast<S>(task.pair->count));
    });
  });
}

template void map_distance_cpu(const std::vector<MapPair>&, float*);
template void map_distance_cpu(const std::vector<MapPair>&, double*);
template void map_distance_backward_cpu(const std::vector<MapPair>&, const float*);
template void map_distance_backward_cpu(const std::vector<MapPair>&, const double*);

}  // namespace vits::loss
