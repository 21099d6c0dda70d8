// Squared distances of all rows to a few points, as k-means++ asks for: src/cluster/seeding.ts.
#include "compare.h"

namespace latent {
namespace {

struct Rows {
  const float* known;    // [n] or null
  const float* weights;  // [2, n] as two float32 each, or null: all 1
  int64_t n;

  double weight(int64_t i) const {
    return weights == nullptr ? 1 : static_cast<double>(weights[i]) + static_cast<double>(weights[n + i]);
  }
};

// Some distances, from row `first` on, or those known where they are less; returned is their sum.
double take(const Rows& rows, int64_t first, int count, const float* distances, float* out) {
  std::copy_n(distances, count, out);
  if (rows.known) {
    const float* known = rows.known + first;
    for (int r = 0; r < count; r++) out[r] = known[r] < distances[r] ? known[r] : distances[r];
  }
  double totals[8] = {};
  int r = 0;
  for (; !rows.weights && r + 8 <= count; r += 8) {
    for (int l = 0; l < 8; l++) totals[l] += out[r + l];
  }
  for (; r < count; r++) totals[0] += rows.weight(first + r) * out[r];
  return (totals[0] + totals[1]) + (totals[2] + totals[3]) + ((totals[4] + totals[5]) + (totals[6] + totals[7]));
}

// x [N, D], range [2] the first row and how many, origin [D], points [M, D] relative to it, known [n] or [0], weights
// [2, n] or [0] -> [M, n], by differences, or those known where they are less; [2, M] their sums, with weights.
void squaredDistances(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), given(context, 3), known(context, 4);
  const Input weights(context, 5);
  const int64_t m = given.dim(0), d = given.dim(1), n = range.ints()[1];
  const float* rows = x.floats() + range.ints()[0] * d;
  const Rows each{known.size() > 0 ? known.floats() : nullptr, weights.size() > 0 ? weights.floats() : nullptr, n};
  const Points points(given.floats(), m, d, true);
  float* out = floatOutput(context, 0, {m, n});
  float* totals = floatOutput(context, 1, {2, m});
  std::vector<std::vector<double>> parts(threads(), std::vector<double>(m));
  parallelIndexed(n, shareOf(n, m * d), [&](int part, int64_t begin, int64_t end) {
    Comparison block(points);
    for (int64_t i = begin; i < end; i += ROWS) {
      block.count = static_cast<int>(std::min<int64_t>(ROWS, end - i));
      for (int r = 0; r < ROWS; r++) block.rows[r] = static_cast<int32_t>(i) + r;
      block.compare(rows, origin.floats(), points);
      for (int64_t p = 0; p < m; p++) {
        parts[part][p] += take(each, i, block.count, &block.distances[p * ROWS], out + p * n + i);
      }
    }
  });
  for (int64_t p = 0; p < m; p++) {
    double total = 0;
    for (const auto& part : parts) total += part[p];
    split(total, totals + p, totals + m + p);
  }
}

}  // namespace

LATENT_KERNEL(LatentSquaredDistances, squaredDistances,
              {"x: float", "range: int32", "origin: float", "points: float", "known: float",
               "weights: float"},
              {"distances: float", "totals: float"})

}  // namespace latent
