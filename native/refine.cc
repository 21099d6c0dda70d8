// The factors of a mixture's M-step: P <- P chol(M)⁻ᵀ with M = S / n - ȳ ȳᵀ + regCovar Pᵀ P, in float64, and how
// far the means go, P⁻ᵀ ȳ.
#include <algorithm>
#include <cmath>

#include "components.h"
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

// Float64 numbers in two parts: the high ones, and as many low ones `size` numbers on.
struct Parts {
  const float* high;
  int64_t size;
  double operator[](int64_t i) const { return static_cast<double>(high[i]) + high[size + i]; }
};

Parts partsOf(const Input& input) { return {input.floats(), input.size() / 2}; }

// Sums of one component.
struct Moments {
  double count;
  const double* triangle;  // [(D + 1)(D + 2) / 2] Σ r z zᵀ with z = (y, 1): Σ r y yᵀ, and below it Σ r y
  double second(int64_t i, int64_t j) const { return triangle[i * (i + 1) / 2 + j] / count; }
};

// One component's M-step, and the room for it.
struct Step {
  explicit Step(int64_t d) : d(d), p(d * d), m(d * d), means(d), moves(d) {}
  int64_t d;
  std::vector<double> p;      // [D, D] P on and above the diagonal, below it Pᵀ; then the next P above
  std::vector<double> m;      // [D, D] M, then its factor; the lower triangle
  std::vector<double> means;  // [D] ȳ
  std::vector<double> moves;  // [D] P⁻ᵀ ȳ
};

// P as it is packed, and ȳ.
void read(const float* p, const Moments& moments, Step* step) {
  const int64_t d = step->d;
  const mixture::Triangle triangle{d};
  for (int64_t i = 0; i < d; i++) {
    for (int64_t j = i; j < d; j++) step->p[i * d + j] = step->p[j * d + i] = p[triangle.at(i, j)];
    step->means[i] = moments.second(d, i);
  }
}

// How far the mean goes: Pᵀ z = ȳ, solved forwards.
void move(Step* step) {
  const int64_t d = step->d;
  for (int64_t i = 0; i < d; i++) {
    const double* row = &step->p[i * d];
    step->moves[i] = (step->means[i] - dotOf(row, step->moves.data(), i)) / row[i];
  }
}

// M, its diagonal wider by `share` of what it is, or was (1).
void scatter(const Moments& moments, double regCovar, double share, Step* step) {
  const int64_t d = step->d;
  const double* p = step->p.data();
  for (int64_t i = 0; i < d; i++) {
    double* row = &step->m[i * d];
    for (int64_t j = 0; j <= i; j++) {
      const double ridge = regCovar == 0 ? 0 : regCovar * dotOf(p + i * d, p + j * d, j + 1);
      row[j] = moments.second(i, j) - step->means[i] * step->means[j] + ridge;
    }
    row[i] += share * std::max(1.0, row[i]);
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

// P L⁻ᵀ in the place of P. Both are triangular, so entry (l, i) needs what lies between the two diagonals only.
void divide(double* p, const double* l, int64_t d) {
  for (int64_t i = 0; i < d; i++) {
    for (int64_t row = 0; row <= i; row++) {
      const double known = dotOf(p + row * d + row, l + i * d + row, i - row);
      p[row * d + i] = (p[row * d + i] - known) / l[i * d + i];
    }
  }
}

// What is to be known of a next P besides itself. Where it has no whole one, `largest` is NaN.
struct Facts {
  double logDet = 0;
  float largest = 0;  // in size, of its entries
};

// Packs P, rounded.
Facts write(const double* p, int64_t d, float* next) {
  const mixture::Triangle triangle{d};
  Facts facts;
  bool whole = true;
  for (int64_t i = 0; i < d; i++) {
    for (int64_t j = i; j < d; j++) {
      const float value = next[triangle.at(i, j)] = static_cast<float>(p[i * d + j]);
      whole = whole && std::isfinite(value);
      facts.largest = std::max(facts.largest, std::fabs(value));
    }
    facts.logDet += std::log(static_cast<double>(next[triangle.at(i, i)]));
  }
  if (!whole) facts.largest = NAN;
  return facts;
}

// The first of the shares with which there is a factor is taken: covariance.ts says why.
Facts refine(const Moments& moments, double regCovar, const Parts& shares, float* next, Step* step) {
  for (int64_t share = 0; share < shares.size; share++) {
    scatter(moments, regCovar, shares[share], step);
    if (!cholesky(step->m.data(), step->d)) continue;
    divide(step->p.data(), step->m.data(), step->d);
    return write(step->p.data(), step->d, next);
  }
  return {0, NAN};
}

// Inputs: factors [K, ..] P as LatentMixtureFactors packs it, replaced in place by the next one;
//   range [1]: D; counts [2, K], float64 in two parts; sums [K, (D + 1)(D + 2) / 2, 2] of the pass: float64, as they lie in
//   memory; reg_covar [2] and shares [2, S], in two parts again.
// Outputs: moves [2, K, D] of the means and log_dets [2, K] of the next P, float64 in two parts;
//   largest [K] of its entries in size: NaN where there is no next P.
void compute(Context* context) {
  const Input factors(context, 0), range(context, 1), counts(context, 2), sums(context, 3), regCovar(context, 4);
  const Input shares(context, 5);
  const int64_t k = factors.dim(0);
  const int64_t d = range.ints()[0];
  float* moves = floatOutput(context, 0, {2, k, d});
  float* logDets = floatOutput(context, 1, {2, k});
  float* largest = floatOutput(context, 2, {k});
  parallel(k, 1, [&](int64_t begin, int64_t end) {
    Step step(d);
    for (int64_t c = begin; c < end; c++) {
      const Moments moments{partsOf(counts)[c], sums.doubles() + c * (d + 1) * (d + 2) / 2};
      float* factor = factors.floats() + c * mixture::Triangle{d}.size();
      read(factor, moments, &step);
      move(&step);
      for (int64_t j = 0; j < d; j++) split(step.moves[j], moves + c * d + j, moves + (k + c) * d + j);
      const Facts facts = refine(moments, partsOf(regCovar)[0], partsOf(shares), factor, &step);
      split(facts.logDet, logDets + c, logDets + k + c);
      largest[c] = facts.largest;
    }
  });
}

// Inputs: x [m, D, D] P to be packed in the places of components `first` to `first + m`; or [0];
//   factors [K, ..] that are packed, changed in place; or [0];
//   range [4]: K, D, first, m.
// Outputs: out: without factors, room for them [K, ..]; without x, what is packed there [m, D, D]; else [0].
void packs(Context* context) {
  const Input x(context, 0), factors(context, 1), range(context, 2);
  const int32_t* numbers = range.ints();
  const int64_t k = numbers[0], d = numbers[1], m = numbers[3];
  const mixture::Triangle triangle{d};
  if (factors.size() == 0) {
    std::fill_n(floatOutput(context, 0, {k, triangle.size()}), k * triangle.size(), 0.f);
    return;
  }
  float* packed = factors.floats() + numbers[2] * triangle.size();
  float* out = x.size() > 0 ? nullptr : floatOutput(context, 0, {m, d, d});
  for (int64_t c = 0; c < m; c++, packed += triangle.size()) {
    if (out) {
      triangle.unpack(packed, out + c * d * d);
    } else {
      triangle.pack(x.floats() + c * d * d, packed);
    }
  }
  if (!out) floatOutput(context, 0, {0});
}

}  // namespace

LATENT_KERNEL(LatentMixtureRefine, compute,
              {"factors: float", "range: int32", "counts: float", "sums: float", "reg_covar: float", "shares: float"},
              {"moves: float", "log_dets: float", "largest: float"})

LATENT_KERNEL(LatentMixtureFactors, packs, {"x: float", "factors: float", "range: int32"}, {"out: float"})

}  // namespace latent
