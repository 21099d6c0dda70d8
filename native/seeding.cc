// Squared distances of all rows to a few points, as k-means++ asks for them, and all of k-means++ where that is little work:
// src/cluster/seeding.ts.
#include "packed.h"

namespace latent {
namespace {

// Products that are worth a thread.
constexpr int64_t SHARE = 1 << 20;

// Some distances, from row `first` on, or those known where they are less; returned is their sum, with weights.
double take(const Rows& rows, const float* known, int64_t first, int count, const float* distances, float* out) {
  for (int r = 0; r < count; r++) {
    out[r] = known && known[first + r] < distances[r] ? known[first + r] : distances[r];
  }
  double totals[8] = {};
  int r = 0;
  for (; !rows.weights && r + 8 <= count; r += 8) {
    for (int l = 0; l < 8; l++) totals[l] += out[r + l];
  }
  for (; r < count; r++) totals[0] += rows.weight(first + r) * out[r];
  return (totals[0] + totals[1]) + (totals[2] + totals[3]) + ((totals[4] + totals[5]) + (totals[6] + totals[7]));
}

// Distances of the rows to points [M, n], by differences, or those known [n] where they are less; returned are their sums
// [M], with weights.
std::vector<double> measure(const PackedRows& rows, const Points& points, const float* known, float* out) {
  std::vector<std::vector<double>> parts(threads(), std::vector<double>(points.k));
  parallelIndexed(rows.n, shareOf(rows.n, points.k * rows.d), [&](int part, int64_t begin, int64_t end) {
    Comparison block(points);
    for (int64_t i = begin; i < end; i += ROWS) {
      rows.compare(i, end, points, block);
      for (int64_t p = 0; p < points.k; p++) {
        float* to = out + p * rows.n + i;
        parts[part][p] += take(rows, known, i, block.count, &block.distances[p * ROWS], to);
      }
    }
  });
  std::vector<double> totals(points.k);
  for (const auto& part : parts) {
    for (int64_t p = 0; p < points.k; p++) totals[p] += part[p];
  }
  return totals;
}

// Inputs: x [N, D], range [2] the first row and how many, origin [D], points [M, D] relative to it, known [n] or [0],
//   weights [2, n] or [0].
// Outputs: what `measure` says: [M, n]; its sums [2, M], as two float32 each.
void squaredDistances(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), given(context, 3), known(context, 4);
  const Input weights(context, 5);
  const PackedRows rows(Rows(x, range.ints()[0], range.ints()[1], origin, weights), 0);
  const Points points(given.floats(), given.dim(0), rows.d, true);
  float* out = floatOutput(context, 0, {points.k, rows.n});
  doubleOutput(context, 1, measure(rows, points, known.size() > 0 ? known.floats() : nullptr, out));
}

// Each next row is the best of a few that are drawn with a probability proportional to w |x - c|^2.
//
// @param high, low [steps, M] draws from [0, 1), as two float32 each
// @param chosen [1 + steps] the first is there
void choose(const PackedRows& rows, const float* high, const float* low, int64_t steps, int64_t m, int32_t* chosen) {
  const int64_t n = rows.n;
  std::vector<float> nearest(n), found(m * n);
  std::vector<int32_t> candidates(m);
  const auto compare = [&](const int32_t* numbers, int64_t count, const float* known, float* out) {
    return measure(rows, Points(rows.values(numbers, count).data(), count, rows.d, true), known, out);
  };
  compare(chosen, 1, nullptr, nearest.data());
  for (int64_t step = 0; step < steps; step++) {
    const Lottery lottery(rows, nearest.data());
    for (int64_t p = 0; p < m; p++) {
      candidates[p] = lottery.row(high[step * m + p], low[step * m + p]);
    }
    const std::vector<double> totals = compare(candidates.data(), m, nearest.data(), found.data());
    const int64_t best = std::min_element(totals.begin(), totals.end()) - totals.begin();
    chosen[step + 1] = candidates[best];
    std::copy_n(&found[best * n], n, nearest.begin());
  }
}

// Inputs: x [N, D], origin [D], weights [2, N] or [0], first [S] the rows that starts begin with, draws [2, S, K - 1, M] from
//   [0, 1), as two float32 each.
// Output [S, K]: the rows of each start.
void kMeansPlusPlus(Context* context) {
  const Input x(context, 0), origin(context, 1), weights(context, 2), first(context, 3), draws(context, 4);
  const PackedRows rows(Rows(x, 0, x.dim(0), origin, weights));
  const int64_t starts = draws.dim(1), steps = draws.dim(2), m = draws.dim(3), k = steps + 1;
  int32_t* chosen = intOutput(context, 0, {starts, k});
  const bool little = rows.n * rows.d * steps * m < SHARE; // not worth a thread
  parallelIndexed(starts, little ? starts : 1, [&](int, int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; s++) {
      chosen[s * k] = first.ints()[s];
      const float *high = draws.floats() + s * steps * m, *low = high + starts * steps * m;
      choose(rows, high, low, steps, m, chosen + s * k);
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentSquaredDistances, squaredDistances,
              {"x: float", "range: int32", "origin: float", "points: float", "known: float",
               "weights: float"},
              {"distances: float", "totals: float"})

LATENT_KERNEL(LatentKMeansPlusPlus, kMeansPlusPlus,
              {"x: float", "origin: float", "weights: float", "first: int32", "draws: float"},
              {"rows: int32"})

}  // namespace latent
