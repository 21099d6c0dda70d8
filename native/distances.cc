// Squared distances of all rows to a few points, as k-means++ asks for: src/cluster/seeding.ts.
#include "compare.h"

namespace latent {
namespace {

// x [N, D], range [2] the first row and how many, origin [D], points [M, D] relative to it -> [M, n], by differences.
void squaredDistances(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), given(context, 3);
  const int64_t m = given.dim(0), d = given.dim(1), n = range.ints()[1];
  const float* rows = x.floats() + range.ints()[0] * d;
  const Points points(given.floats(), m, d, true);
  float* out = floatOutput(context, 0, {m, n});
  parallel(n, shareOf(n, m * d), [&](int64_t begin, int64_t end) {
    Comparison block(points);
    for (int64_t i = begin; i < end; i += ROWS) {
      block.count = static_cast<int>(std::min<int64_t>(ROWS, end - i));
      for (int r = 0; r < ROWS; r++) block.rows[r] = static_cast<int32_t>(i) + r;
      block.compare(rows, origin.floats(), points);
      for (int64_t p = 0; p < m; p++) {
        std::copy_n(&block.distances[p * ROWS], block.count, out + p * n + i);
      }
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentSquaredDistances, squaredDistances,
              {"x: float", "range: int32", "origin: float", "points: float"},
              {"distances: float"})

}  // namespace latent
