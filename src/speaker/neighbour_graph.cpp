#include "neighbour_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vits::speaker {

namespace {

constexpr int64_t kMostInGraph = 600;  // the work grows with the third power
constexpr double kNeighbourShares[] = {0.08, 0.1, 0.12, 0.15, 0.2, 0.25};

struct Tridiagonal {
  std::vector<double> diagonal, beside;  // beside[i] stands between i and i + 1
};

// Householder's reflections, one for each column.
Tridiagonal tridiagonal(std::vector<double> matrix, size_t size) {
  Tridiagonal result{std::vector<double>(size), std::vector<double>(size, 0.0)};
  std::vector<double> mirror(size), product(size);
  for (size_t column = 0; column + 2 < size; ++column) {
    const size_t first = column + 1;
    double squares = 0.0;
    for (size_t row = first; row < size; ++row) {
      mirror[row] = matrix[row * size + column];
      squares += mirror[row] * mirror[row];
    }
    const double length = std::copysign(std::sqrt(squares), mirror[first]);
    result.beside[column] = -length;
    squares += length * mirror[first];
    mirror[first] += length;
    if (squares <= 0.0) continue;  // nothing below the diagonal
    double along = 0.0;
    for (size_t row = first; row < size; ++row) {
      double sum = 0.0;
      for (size_t other = first; other < size; ++other) sum += matrix[row * size + other] * mirror[other];
      product[row] = sum / squares;
      along += product[row] * mirror[row];
    }
    for (size_t row = first; row < size; ++row) product[row] -= along / (2.0 * squares) * mirror[row];
    for (size_t row = first; row < size; ++row) {
      for (size_t other = first; other < size; ++other)
        matrix[row * size + other] -= mirror[row] * product[other] + product[row] * mirror[other];
    }
  }
  for (size_t row = 0; row < size; ++row) result.diagonal[row] = matrix[row * size + row];
  if (size > 1) result.beside[size - 2] = matrix[(size - 1) * size + size - 2];
  return result;
}

// Sturm's count
int64_t eigenvalues_below(const Tridiagonal& matrix, double bound) {
  int64_t count = 0;
  double pivot = 1.0;
  for (size_t row = 0; row < matrix.diagonal.size(); ++row) {
    const double beside = row > 0 ? matrix.beside[row - 1] : 0.0;
    pivot = matrix.diagonal[row] - bound - beside * beside / pivot;
    if (pivot == 0.0) pivot = std::numeric_limits<double>::min();
    if (pivot < 0.0) ++count;
  }
  return count;
}

// The graph in which each voice is joined to its nearest ones, itself counted, by half where only one of two says so.
std::vector<double> laplacian(const std::vector<double>& alike, size_t size, size_t neighbours) {
  std::vector<double> matrix(size * size, 0.0);
  std::vector<size_t> order(size);
  for (size_t voice = 0; voice < size; ++voice) {
    const double* const row = alike.data() + voice * size;
    std::iota(order.begin(), order.end(), 0);
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(neighbours),
                              [row](size_t a, size_t b) { return row[a] > row[b] || (row[a] == row[b] && a < b); });
    for (size_t place = 0; place < neighbours; ++place) {
      const size_t other = order[place];
      if (other == voice) continue;
      matrix[voice * size + other] -= 0.5;
      matrix[other * size + voice] -= 0.5;
      matrix[voice * size + voice] += 0.5;
      matrix[other * size + other] += 0.5;
    }
  }
  return matrix;
}

}  // namespace

std::vector<double> outer_eigenvalues(std::vector<double> matrix, int64_t size, int64_t count) {
  const Tridiagonal narrow = tridiagonal(std::move(matrix), static_cast<size_t>(size));
  double most = 0.0;  // Gershgorin: none is above
  for (size_t row = 0; row < narrow.diagonal.size(); ++row) {
    const double before = row > 0 ? std::abs(narrow.beside[row - 1]) : 0.0;
    most = std::max(most, narrow.diagonal[row] + before + std::abs(narrow.beside[row]));
  }
  std::vector<double> values;
  const auto add = [&](int64_t place) {
    double low = 0.0, high = most;
    for (int halving = 0; halving < 50; ++halving) {
      const double middle = 0.5 * (low + high);
      (eigenvalues_below(narrow, middle) > place ? high : low) = middle;
    }
    values.push_back(high);
  };
  for (int64_t place = 0; place < std::min(count, size); ++place) add(place);
  add(size - 1);
  return values;
}

int64_t speakers_in_graph(std::span<const Embedding> voices, int64_t most) {
  const auto all = static_cast<int64_t>(voices.size()), count = std::min(all, kMostInGraph);
  const auto size = static_cast<size_t>(count);
  const auto place = [&](size_t number) { return number * voices.size() / size; };
  std::vector<double> alike(size * size);
  for (size_t a = 0; a < size; ++a) {
    for (size_t b = 0; b <= a; ++b)
      alike[a * size + b] = alike[b * size + a] = similarity(voices[place(a)], voices[place(b)]);
  }
  int64_t found = 1;
  double least = std::numeric_limits<double>::infinity();
  for (const double share : kNeighbourShares) {
    const auto neighbours = static_cast<size_t>(std::lround(share * static_cast<double>(count)));
    const auto values = outer_eigenvalues(laplacian(alike, size, neighbours), count, most + 1);
    const double largest = values.back();
    for (size_t speakers = 1; speakers + 1 < values.size(); ++speakers) {
      const double share_of_step = share * largest / std::max(values[speakers] - values[speakers - 1], 1e-9);
      if (share_of_step < least) {
        least = share_of_step;
        found = static_cast<int64_t>(speakers);
      }
    }
  }
  return found;
}

}  // namespace vits::speaker
