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

// Both triangles of the matrix whose lower one comes row by row, with zeros up to whole vectors.
std::vector<double> symmetric(const double* triangle, int64_t n) {
  const int64_t stride = padded(n);
  std::vector<double> a(stride * stride);
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j <= i; j++) {
      a[i * stride + j] = a[j * stride + i] = *triangle++;
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

// The lower triangle of a positive semidefinite matrix [m (m + 1) / 2], row by row; m; and how many eigenvectors are wanted
// or the share of the trace in (0, 1) that they are to reach -> eigenvalues [k], descending, and eigenvectors [k, m], one a
// row. All but m are float64, as they lie in memory.
void compute(Context* context) {
  const Input triangle(context, 0), size(context, 1), wanted(context, 2);
  const int64_t n = size.ints()[0];
  std::vector<double> a = symmetric(triangle.doubles(), n);
  const Tridiagonal t = reduce(a, n);
  const std::vector<double> values = leading(t, *wanted.doubles());
  const int64_t k = values.size();
  std::vector<double> z = eigenvectors(t, values);
  reflectBack(t, z.data(), k);
  std::copy(values.begin(), values.end(), rawOutput(context, 0, {k}));
  double* vectors = rawOutput(context, 1, {k, n});
  for (int64_t row = 0; row < k; row++) vectors = std::copy_n(&z[row * t.stride], n, vectors);
}

}  // namespace

LATENT_KERNEL(LatentEigenvectors, compute,
              {"triangle: float", "size: int32", "wanted: float"}, {"values: float", "vectors: float"})

}  // namespace latent
