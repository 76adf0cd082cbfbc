#include "quick_transforms.h"

#include <algorithm>
#include <array>
#include <utility>

#include "processor_clones.h"
#include "toom_cook.h"

#define VITS_INLINE inline __attribute__((always_inline))

namespace vits::model {

namespace {

constexpr int kElements = kTile;
constexpr std::array<FilterPlan, 4> kPlans{{{3, 3, 1}, {5, 5, 1}, {7, 4, 2}, {11, 4, 3}}};

template <int kTaps>
constexpr ToomCook<kElements, kTaps> kMatrices{};

enum class Along { kRow, kColumn };

// Row or column `kLine` of a matrix times numbers; its zeros cost nothing.
template <int kTaps, auto kMatrix, Along kAlong, size_t kLine, size_t... kPlace>
VITS_INLINE float line_times(const float* numbers, std::index_sequence<kPlace...>) {
  constexpr auto& matrix = kMatrices<kTaps>.*kMatrix;
  float sum = 0.0f;
  const auto add = [&]<size_t place>() __attribute__((always_inline)) {
    constexpr double factor = kAlong == Along::kRow ? matrix[kLine][place] : matrix[place][kLine];
    if constexpr (factor != 0.0) sum += static_cast<float>(factor) * numbers[place];
  };
  (add.template operator()<kPlace>(), ...);
  return sum;
}
template <int kTaps, auto kMatrix, size_t kRow, class Places>
VITS_INLINE float row_times(const float* numbers, Places places) {
  return line_times<kTaps, kMatrix, Along::kRow, kRow>(numbers, places);
}
template <int kTaps, auto kMatrix, size_t kColumn, class Places>
VITS_INLINE float column_times(const float* numbers, Places places) {
  return line_times<kTaps, kMatrix, Along::kColumn, kColumn>(numbers, places);
}

// work.operator()<0>() ... <kCount - 1>()
template <int kCount, class Work>
VITS_INLINE void for_each_index(const Work& work) {
  [&]<size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
    (work.template operator()<kIndex>(), ...);
  }
  (std::make_index_sequence<kCount>());
}

// The elements of a row's tiles: four rows of `columns` numbers.
struct Elements {
  float* data;
  int64_t columns;
  float* row(size_t element) const { return data + static_cast<int64_t>(element) * columns; }
};

template <int kTaps>
VITS_INLINE void input_loop(const Elements& elements, int64_t dilation, const Points& out) {
  using Plan = ToomCook<kElements, kTaps>;
  constexpr auto points = std::make_index_sequence<Plan::points>();
  const float* const from = elements.data;
  const int64_t row = elements.columns, step = out.point_step;
  float* const to = out.data;
#pragma GCC ivdep
  for (int64_t column = 0; column < out.columns; ++column) {
    float numbers[Plan::points];
    for_each_index<Plan::points>([&]<size_t i>() __attribute__((always_inline)) {
      numbers[i] =
          from[static_cast<int64_t>(i % kElements) * row + static_cast<int64_t>(i / kElements) * dilation + column];
    });
    for_each_index<Plan::points>([&]<size_t p>() __attribute__((always_inline)) {
      to[static_cast<int64_t>(p) * step + column] = row_times<kTaps, &Plan::input, p>(numbers, points);
    });
  }
}

template <int kTaps>
VITS_INLINE void output_gradient_loop(const Elements& elements, const Points& out) {
  using Plan = ToomCook<kElements, kTaps>;
  constexpr auto outputs = std::make_index_sequence<kElements>();
  const float* const from = elements.data;
  float* const to = out.data;
  const int64_t step = out.point_step, row = elements.columns;
#pragma GCC ivdep
  for (int64_t column = 0; column < row; ++column) {
    float numbers[kElements];
    for_each_index<kElements>([&]<size_t i>() __attribute__((always_inline)) {
      numbers[i] = from[static_cast<int64_t>(i) * row + column];
    });
    for_each_index<Plan::points>([&]<size_t p>() __attribute__((always_inline)) {
      to[static_cast<int64_t>(p) * step + column] = column_times<kTaps, &Plan::output, p>(numbers, outputs);
    });
  }
}

// The first kAvailable taps of a group; the filter has no more.
template <int kTaps, int kAvailable>
VITS_INLINE void filter_gradient_loop(const float* in, int64_t step, int64_t count, float* filters, int64_t kernel) {
  using Plan = ToomCook<kElements, kTaps>;
  constexpr auto points = std::make_index_sequence<Plan::points>();
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    float numbers[Plan::points];
    for_each_index<Plan::points>([&]<size_t p>() __attribute__((always_inline)) {
      numbers[p] = in[static_cast<int64_t>(p) * step + i];
    });
    for_each_index<kAvailable>([&]<size_t k>() __attribute__((always_inline)) {
      filters[i * kernel + static_cast<int64_t>(k)] = column_times<kTaps, &Plan::filter, k>(numbers, points);
    });
  }
}

// A function for each number of taps: clones for processors cannot be templates.
#define VITS_TRANSFORMS(kTaps)                                                                                \
  VITS_FOR_EACH_PROCESSOR void input_##kTaps(const Elements& elements, int64_t dilation, const Points& out) { \
    input_loop<kTaps>(elements, dilation, out);                                                               \
  }                                                                                                           \
  VITS_FOR_EACH_PROCESSOR void output_gradient_##kTaps(const Elements& elements, const Points& out) {         \
    output_gradient_loop<kTaps>(elements, out);                                                               \
  }
VITS_TRANSFORMS(3)
VITS_TRANSFORMS(4)
VITS_TRANSFORMS(5)
#undef VITS_TRANSFORMS

#define VITS_FILTERS(kTaps, kAvailable)                                                                             \
  VITS_FOR_EACH_PROCESSOR void filter_gradient_##kTaps##_##kAvailable(const float* in, int64_t step, int64_t count, \
                                                                      float* filters, int64_t kernel) {             \
    filter_gradient_loop<kTaps, kAvailable>(in, step, count, filters, kernel);                                      \
  }
VITS_FILTERS(3, 3)
VITS_FILTERS(4, 3)
VITS_FILTERS(4, 4)
VITS_FILTERS(5, 5)
#undef VITS_FILTERS

// Position (4 t + j) d + r of the tiles is number t d + r of element j.
void split_into_elements(const float* positions, int64_t dilation, const Elements& elements) {
  const int64_t tiles = elements.columns / dilation;
  for (size_t j = 0; j < kElements; ++j) {
    float* const to = elements.row(j);
    const float* const from = positions + static_cast<int64_t>(j) * dilation;
    if (dilation == 1) {
      for (int64_t t = 0; t < tiles; ++t) to[t] = from[t * kElements];
    } else {
      for (int64_t t = 0; t < tiles; ++t)
        for (int64_t r = 0; r < dilation; ++r) to[t * dilation + r] = from[t * kElements * dilation + r];
    }
  }
}

// Scratch for the positions of the tiles, and behind it for their elements.
struct Room {
  float* positions;
  Elements elements;
};
Room room_for(int64_t columns, Scratch& scratch) {
  const auto numbers = static_cast<size_t>(kElements * columns);
  if (scratch.size() < 2 * numbers) scratch.resize(2 * numbers);
  return {scratch.data(), {scratch.data() + numbers, columns}};
}

// The row among zeros, in elements.
Elements read_row(const float* row, const RowTiles& tiles, int64_t columns, Scratch& scratch) {
  const Room room = room_for(columns, scratch);
  const int64_t positions = kElements * columns, end = std::min(positions, tiles.lead + tiles.samples);
  std::fill(room.positions, room.positions + tiles.lead, 0.0f);
  std::copy(row, row + (end - tiles.lead), room.positions + tiles.lead);
  std::fill(room.positions + end, room.positions + positions, 0.0f);
  split_into_elements(room.positions, tiles.dilation, room.elements);
  return room.elements;
}

// The columns of the tiles that hold a row of results.
int64_t result_columns(const RowTiles& tiles) {
  const int64_t tile = kElements * tiles.dilation;
  return (tiles.samples + tile - 1) / tile * tiles.dilation;
}

}  // namespace

const FilterPlan* filter_plan(int64_t kernel) {
  for (const FilterPlan& plan : kPlans)
    if (plan.kernel == kernel) return &plan;
  return nullptr;
}

void input_points(const FilterPlan& plan, const float* row, const RowTiles& tiles, Points out, Scratch& scratch) {
  // A tile reads its right neighbour too.
  const Elements elements = read_row(row, tiles, out.columns + tiles.dilation, scratch);
  const auto transform = plan.group_taps == 3 ? input_3 : plan.group_taps == 4 ? input_4 : input_5;
  transform(elements, tiles.dilation, out);
}

void output_gradient_points(const FilterPlan& plan, const float* row, const RowTiles& tiles, Points out,
                            Scratch& scratch) {
  const Elements elements = read_row(row, tiles, result_columns(tiles), scratch);
  const auto transform = plan.group_taps == 3   ? output_gradient_3
                         : plan.group_taps == 4 ? output_gradient_4
                                                : output_gradient_5;
  transform(elements, out);
  for (int64_t p = 0; p < plan.points(); ++p)
    std::fill(out.data + p * out.point_step + elements.columns, out.data + p * out.point_step + out.columns, 0.0f);
}

void filter_gradient(const FilterPlan& plan, const float* points, int64_t count, int64_t point_step, float* filters) {
  for (int64_t group = 0; group < plan.groups; ++group) {
    const int64_t taps = std::min(plan.group_taps, plan.kernel - group * plan.group_taps);
    const auto transform = plan.group_taps == 3   ? filter_gradient_3_3
                           : plan.group_taps == 5 ? filter_gradient_5_5
                           : taps == 3            ? filter_gradient_4_3
                                                  : filter_gradient_4_4;
    transform(points + group * plan.points() * point_step, point_step, count, filters + group * plan.group_taps,
              plan.kernel);
  }
}

}  // namespace vits::model
