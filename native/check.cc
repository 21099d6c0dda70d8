// LatentCheck, which the set-up runs to see that a build computes: threads, vectors and both kinds of output
// are in it.
#include <cmath>

#include "kernel.h"

namespace latent {
namespace {

// x [n] -> the sum of its squares
double sumOfSquares(const float* x, int64_t n) {
  double sum = 0;
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const Vector v = load(x + i);
    const Vector squares = v * v;
    for (int lane = 0; lane < LANES; lane++) sum += squares[lane];
  }
  for (; i < n; i++) sum += static_cast<double>(x[i]) * x[i];
  if (std::isnan(sum)) fail("LatentCheck: a number is NaN");
  return sum;
}

// x [N] -> the sum of its squares [2], split; N [1]
void check(Context* context) {
  const Input x(context, 0);
  std::vector<double> parts(threads());
  parallelIndexed(x.size(), LANES, [&](int part, int64_t begin, int64_t end) {
    parts[part] = sumOfSquares(x.floats() + begin, end - begin);
  });
  double sum = 0;
  for (double part : parts) sum += part;
  float* out = floatOutput(context, 0, {2});
  split(sum, out, out + 1);
  *intOutput(context, 1, {1}) = static_cast<int32_t>(x.size());
}

}  // namespace

LATENT_KERNEL(LatentCheck, check, {"x: float"}, {"sum: float", "n: int32"})

}  // namespace latent
