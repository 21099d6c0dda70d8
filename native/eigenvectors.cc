// The leading eigenvectors of a symmetric matrix, in float64: reduced to a tridiagonal one, whose largest eigenvalues are
// found by bisection and their vectors by inverse iteration. Only vectors that are asked for cost anything.
#include "doubles.h"
#include "spectrum.h"
#include "tridiagonal.h"

#include <algorithm>

namespace latent {
namespace {

// Eigenvalues that are found between two looks at their sum.
constexpr int64_t SOME = 128;

// Both triangles of the matrix whose lower one comes row by row, as two float32, with zeros up to whole vectors.
std::vector<double> symmetric(const float* high, const float* low, int64_t n) {
  const int64_t stride = padded(n);
  std::vector<double> a(stride * stride);
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j <= i; j++) {
      a[i * stride + j] = a[j * stride + i] = static_cast<double>(*high++) + *low++;
    }
  }
  return a;
}

// So many of the largest eigenvalues; or the first whose sum is above a share of the trace, and one more, since another
// rounding of the sum may want it.
std::vector<double> leading(const Tridiagonal& t, double wanted) {
  if (wanted >= 1) return eigenvalues(t, 0, std::min<int64_t>(wanted, t.n));
  double trace = 0, sum = 0;
  for (double value : t.diagonal) trace += value;
  std::vector<double> values;
  while (static_cast<int64_t>(values.size()) < t.n) {
    const int64_t found = values.size();
    for (double value : eigenvalues(t, found, std::min(t.n, found + SOME))) {
      values.push_back(value);
      if (sum > wanted * trace) return values;
      sum += value;
    }
  }
  return values;
}

void write(Context* context, int index, const double* from, int64_t rows, int64_t n, int64_t stride,
           const std::vector<int64_t>& shape) {
  float* high = floatOutput(context, index, shape);
  float* low = floatOutput(context, index + 1, shape);
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < n; i++) split(from[row * stride + i], &high[row * n + i], &low[row * n + i]);
  }
}

// The lower triangle of a positive semidefinite matrix [m (m + 1) / 2], row by row; m; and how many eigenvectors are wanted
// or the share of the trace in (0, 1) that they are to reach -> eigenvalues [k], descending, and eigenvectors [k, m], one a
// row. All but m as two float32 each.
void compute(Context* context) {
  const Input high(context, 0), low(context, 1), size(context, 2), wanted(context, 3);
  const int64_t n = size.ints()[0];
  std::vector<double> a = symmetric(high.floats(), low.floats(), n);
  const Tridiagonal t = reduce(a, n);
  const std::vector<double> values = leading(t, static_cast<double>(wanted.floats()[0]) + wanted.floats()[1]);
  const int64_t k = values.size();
  std::vector<double> z = eigenvectors(t, values);
  reflectBack(t, z.data(), k);
  write(context, 0, values.data(), 1, k, k, {k});
  write(context, 2, z.data(), k, n, t.stride, {k, n});
}

}  // namespace

LATENT_KERNEL(LatentEigenvectors, compute,
              {"triangle: float", "low: float", "size: int32", "wanted: float"},
              {"values: float", "values_low: float", "vectors: float", "vectors_low: float"})

}  // namespace latent
