// The factors of a mixture's M-step: P <- P chol(M)⁻ᵀ with M = S / n - ȳ ȳᵀ + regCovar Pᵀ P, in float64. Such
// numbers come and go as pairs of int32, bit by bit.
#include <algorithm>
#include <cmath>

#include "doubles.h"

namespace latent {
namespace {

// Σ a_i b_i of any n; four running sums: one would wait for its own last addition, and round worse.
double dotOf(const double* a, const double* b, int64_t n) {
  Doubles sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * WIDTH <= n; i += 4 * WIDTH) {
    for (int j = 0; j < 4; j++) {
      sums[j] += loadDoubles(a + i + j * WIDTH) * loadDoubles(b + i + j * WIDTH);
    }
  }
  for (; i + WIDTH <= n; i += WIDTH) sums[0] += loadDoubles(a + i) * loadDoubles(b + i);
  const Doubles all = sums[0] + sums[1] + (sums[2] + sums[3]);
  double total = sumOf(all);
  for (; i < n; i++) total += a[i] * b[i];
  return total;
}

// Sums of one component.
struct Moments {
  double count;
  const double* first;   // [D] Σ r y
  const double* second;  // [D, D] Σ r y yᵀ, the lower triangle
};

// M, its lower triangle, from P [D, D], upper triangular.
void scatter(const double* p, const Moments& moments, double regCovar, int64_t d, double* m) {
  std::vector<double> columns(d * d);
  for (int64_t i = 0; i < d; i++) {
    for (int64_t j = i; j < d; j++) columns[j * d + i] = p[i * d + j];
  }
  for (int64_t i = 0; i < d; i++) {
    const double mean = moments.first[i] / moments.count;
    const double* row = moments.second + i * d;
    for (int64_t j = 0; j <= i; j++) {
      const double ridge = regCovar == 0 ? 0 : regCovar * dotOf(&columns[i * d], &columns[j * d], j + 1);
      m[i * d + j] = (row[j] - mean * moments.first[j]) / moments.count + ridge;
    }
  }
}

// Replaces M's lower triangle by its Cholesky factor L; false where M is not positive definite. Column by
// column, whose entries do not wait for each other.
bool cholesky(double* m, int64_t d) {
  for (int64_t j = 0; j < d; j++) {
    const double pivot = m[j * d + j] - dotOf(m + j * d, m + j * d, j);
    if (!(pivot > 0 && std::isfinite(pivot))) return false;
    const double root = std::sqrt(pivot);
    m[j * d + j] = root;
    for (int64_t i = j + 1; i < d; i++) m[i * d + j] = (m[i * d + j] - dotOf(m + i * d, m + j * d, j)) / root;
  }
  return true;
}

// P L⁻ᵀ. Both are triangular, so entry (l, i) needs what lies between the two diagonals only.
void divide(const double* p, const double* l, int64_t d, double* next) {
  std::fill_n(next, d * d, 0.0);
  for (int64_t i = 0; i < d; i++) {
    for (int64_t row = 0; row <= i; row++) {
      const double known = dotOf(next + row * d + row, l + i * d + row, i - row);
      next[row * d + i] = (p[row * d + i] - known) / l[i * d + i];
    }
  }
}

// `shares` of what it is, or was (1), are added to M's diagonal, the first with which there is a factor: covariance.ts says why.
bool refine(const double* p, const Moments& moments, double regCovar, const std::vector<double>& shares, int64_t d,
            double* next) {
  std::vector<double> m(d * d), factor;
  scatter(p, moments, regCovar, d, m.data());
  const bool whole = std::any_of(shares.begin(), shares.end(), [&](double share) {
    factor = m;
    for (int64_t i = 0; i < d; i++) factor[i * d + i] += share * std::max(1.0, m[i * d + i]);
    return cholesky(factor.data(), d);
  });
  if (!whole) return false;
  divide(p, factor.data(), d, next);
  return std::all_of(next, next + d * d, [](double value) { return std::isfinite(value); });
}

const double* doubles(const Input& input) { return reinterpret_cast<const double*>(input.ints()); }

void compute(Context* context) {
  const Input factors(context, 0), counts(context, 1), first(context, 2), second(context, 3);
  const Input regCovar(context, 4), given(context, 5);
  const std::vector<double> shares(doubles(given), doubles(given) + given.dim(0));
  const int64_t k = factors.dim(0);
  const int64_t d = factors.dim(1);
  auto* next = reinterpret_cast<double*>(intOutput(context, 0, {k, d, d, 2}));
  int32_t* whole = intOutput(context, 1, {k});
  parallel(k, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      const int64_t at = c * d * d;
      const Moments moments{doubles(counts)[c], doubles(first) + c * d, doubles(second) + at};
      whole[c] = refine(doubles(factors) + at, moments, *doubles(regCovar), shares, d, next + at);
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentMixtureRefine, compute,
              {"factors: int32", "counts: int32", "first: int32", "second: int32", "reg_covar: int32",
               "shares: int32"},
              {"next: int32", "whole: int32"})

}  // namespace latent
