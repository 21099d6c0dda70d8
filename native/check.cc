// LatentCheck, which the set-up runs to see that a build computes: threads, vectors and both kinds of output
// are in it.
#include <cmath>
#include <mutex>

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
  if (std::isnan(sum)) throw std::runtime_error("LatentCheck: a number is NaN");
  return sum;
}

// x [N] -> the sum of its squares [2], split; N [1]
void check(TF_OpKernelContext* context) {
  const Input x(context, 0);
  std::mutex mutex;
  double sum = 0;
  parallel(x.size(), LANES, [&](int64_t begin, int64_t end) {
    const double part = sumOfSquares(x.floats() + begin, end - begin);
    const std::lock_guard<std::mutex> lock(mutex);
    sum += part;
  });
  float* out = floatOutput(context, 0, {2});
  split(sum, out, out + 1);
  *intOutput(context, 1, {1}) = static_cast<int32_t>(x.size());
}

Kernel<check> kernel("LatentCheck", {"x: float"}, {"sum: float", "n: int32"});

}  // namespace
}  // namespace latent
