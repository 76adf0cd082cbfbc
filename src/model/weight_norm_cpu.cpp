#include <ATen/Parallel.h>

#include <cmath>

#include "vits/base/parallel.h"
#include "vits/model/number_type.h"
#include "weight_rows.h"

namespace vits::model {

namespace {

constexpr int64_t kNumbersAtOnce = 16;          // numbers that the compiler turns into vector instructions at once
constexpr int64_t kWeightsATask = 1024 * 1024;  // a few hundred microseconds

template <typename A, typename B>
double dot(const A* a, const B* b, int64_t count) {
  A sums[kNumbersAtOnce] = {};
  int64_t i = 0;
  for (; i + kNumbersAtOnce <= count; i += kNumbersAtOnce)
    for (int64_t lane = 0; lane < kNumbersAtOnce; ++lane) sums[lane] += a[i + lane] * static_cast<A>(b[i + lane]);
  double total = 0.0;
  for (const A sum : sums) total += sum;
  for (; i < count; ++i) total += a[i] * static_cast<A>(b[i]);
  return total;
}

template <typename T, typename Finished>
void finish_row(const WeightRows<T>& layer, int64_t row) {
  const T* direction = layer.direction + row * layer.columns;
  auto* const finished = static_cast<Finished*>(layer.finished) + row * layer.columns;
  T factor = 1;
  if (layer.length) {
    layer.norm[row] = static_cast<T>(std::sqrt(dot(direction, direction, layer.columns)));
    factor = layer.length[row] / layer.norm[row];
  }
  for (int64_t i = 0; i < layer.columns; ++i) finished[i] = static_cast<Finished>(direction[i] * factor);
}

template <typename T, typename Finished>
void row_backward(const WeightRows<T>& layer, int64_t row) {
  const T* direction = layer.direction + row * layer.columns;
  const auto* const finished = static_cast<const Finished*>(layer.finished) + row * layer.columns;
  T* const gradient = layer.direction_gradient + row * layer.columns;
  if (!layer.length) {
    for (int64_t i = 0; i < layer.columns; ++i) gradient[i] = static_cast<T>(finished[i]);
    return;
  }
  const auto by =
      row_gradient(layer.length[row], layer.norm[row], static_cast<T>(dot(direction, finished, layer.columns)));
  layer.length_gradient[row] = by.length;
  for (int64_t i = 0; i < layer.columns; ++i)
    gradient[i] = static_cast<T>(finished[i]) * by.of_finished + direction[i] * by.of_direction;
}

// Calls `work(layer, row)` for every row of every layer.
template <typename T, class Work>
void for_each_row(const std::vector<WeightRows<T>>& layers, const Work& work) {
  struct Task {
    const WeightRows<T>* layer;
    int64_t begin, end;
  };
  std::vector<Task> tasks;
  for (const auto& layer : layers) {
    const int64_t rows = std::max<int64_t>(1, kWeightsATask / std::max<int64_t>(1, layer.columns));
    for (int64_t begin = 0; begin < layer.rows; begin += rows)
      tasks.push_back({&layer, begin, std::min(layer.rows, begin + rows)});
  }
  base::for_each_task(static_cast<int64_t>(tasks.size()), at::get_num_threads(), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    for (int64_t row = task.begin; row < task.end; ++row) work(*task.layer, row);
  });
}

}  // namespace

template <typename T>
void finish_weights_cpu(const std::vector<WeightRows<T>>& layers) {
  for_each_row(layers, [](const WeightRows<T>& layer, int64_t row) {
    with_number_type<T>(layer.finished_type, [&]<typename Finished>() { finish_row<T, Finished>(layer, row); });
  });
}

template <typename T>
void finish_weights_backward_cpu(const std::vector<WeightRows<T>>& layers) {
  for_each_row(layers, [](const WeightRows<T>& layer, int64_t row) {
    with_number_type<T>(layer.finished_type, [&]<typename Finished>() { row_backward<T, Finished>(layer, row); });
  });
}

template void finish_weights_cpu(const std::vector<WeightRows<float>>&);
template void finish_weights_cpu(const std::vector<WeightRows<double>>&);
template void finish_weights_backward_cpu(const std::vector<WeightRows<float>>&);
template void finish_weights_backward_cpu(const std::vector<WeightRows<double>>&);

}  // namespace vits::model
