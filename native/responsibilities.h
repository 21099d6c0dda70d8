// From log densities to responsibilities.
#pragma once

#include <cmath>

#include "doubles.h"
#include "side.h"

namespace latent::mixture {

// log p [K] of a row, the highest of them at `best`, become its responsibilities times its weight; none of those that are
// e^-reach below it. Returns log Σ p.
inline double share(double* p, int64_t k, int64_t best, double weight, double reach) {
  const double highest = p[best];
  double sum = 0;
  for (int64_t c = 0; c < k; c++) {
    if (p[c] - highest > -reach) sum += std::exp(p[c] - highest);
  }
  const double total = highest + std::log(sum);
  for (int64_t c = 0; c < k; c++) p[c] = p[c] - highest > -reach ? weight * std::exp(p[c] - total) : 0;
  return total;
}

// e^x of x <= 0; 0 where that is below float32's normal numbers, and of NaN. Cephes' polynomial: 2 units in the last place.
static inline Vector exponential(Vector x) {
  const IntVector seen = x > -87;
  const Vector value = seen ? x : Vector{};
  const Vector shifter = all(12582912);  // 1.5 * 2^23: what is added to it is rounded
  const Vector n = (value * all(1.44269504f) + shifter) - shifter;
  const Vector rest = (value - n * all(0.693359375f)) - n * all(-2.12194440e-4f);
  Vector sum = all(1.9875691500e-4f);
  for (const float term : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    sum = sum * rest + all(term);
  }
  sum = sum * rest * rest + rest + all(1);
  const IntVector scale = (__builtin_convertvector(n, IntVector) + 127) << 23;
  Vector power;
  std::memcpy(&power, &scale, sizeof power);
  return seen ? sum * power : Vector{};
}

// The same of ROWS rows side by side, of which the first `lanes` are there: |y|² of their K components, `stride` from component
// to component, become their responsibilities. Adds Σ r of each component, then Σ w log Σ p, to `totals` [K + 1].
template <class Components>
void shareOut(const Components& of, const double* weights, int lanes, float* squares, int64_t stride, double* totals) {
  const auto density = [&](int64_t c, int part) {  // in float64
    Doubles values;
    for (int l = 0; l < WIDTH; l++) values[l] = squares[c * stride + part * WIDTH + l];
    return allDoubles(of.constant(c)) - values / 2;
  };
  double best[ROWS];
  for (int part = 0; part < ROWS / WIDTH; part++) {
    Doubles highest = density(0, part);
    for (int64_t c = 1; c < of.k; c++) {
      const Doubles other = density(c, part);
      highest = other > highest ? other : highest;
    }
    storeDoubles(best + part * WIDTH, highest);
  }
  const Vector least = all(static_cast<float>(-of.reach));
  Vector total[2] = {};
  for (int64_t c = 0; c < of.k; c++) {
    float below[ROWS];
    for (int part = 0; part < ROWS / WIDTH; part++) {
      const Doubles away = density(c, part) - loadDoubles(best + part * WIDTH);
      for (int l = 0; l < WIDTH; l++) below[part * WIDTH + l] = static_cast<float>(away[l]);
    }
    for (int h = 0; h < 2; h++) {
      const Vector x = load(below + h * LANES);
      const Vector e = x > least ? exponential(x) : Vector{};
      store(squares + c * stride + h * LANES, e);
      total[h] += e;
    }
  }
  float scale[ROWS] = {};
  for (int l = 0; l < lanes; l++) {
    const float sum = total[l / LANES][l % LANES];
    scale[l] = sum > 0 ? static_cast<float>(weights[l] / sum) : 0;
    totals[of.k] += weights[l] * (best[l] + std::log(static_cast<double>(sum)));
  }
  for (int64_t c = 0; c < of.k; c++) {
    Vector sum{};
    for (int h = 0; h < 2; h++) {
      float* shares = squares + c * stride + h * LANES;
      const Vector r = load(shares) * load(scale + h * LANES);
      store(shares, r);
      sum += r;
    }
    for (int l = 0; l < LANES; l++) totals[c] += sum[l];
  }
}

// Responsibilities that are given in place of the mixture's own, or none.
struct Given {
  const float* values;  // [K, stride], already weighted
  int64_t stride;

  explicit Given(const Input& input, int64_t n) : Given(input.size() > 0 ? input.floats() : nullptr, n) {}
  Given(const float* values, int64_t stride) : values(values), stride(stride) {}
  // Those of the rows from this one on.
  Given from(int64_t row) const { return {values + row, stride}; }
  double of(int64_t i, int64_t c) const { return values[c * stride + i]; }

  // Those of m rows, `apart` from component to component, and Σ r of each, which is added to `totals`.
  void copy(int64_t k, int64_t m, float* to, int64_t apart, double* totals) const {
    for (int64_t c = 0; c < k; c++) {
      for (int64_t i = 0; i < m; i++) totals[c] += to[c * apart + i] = values[c * stride + i];
    }
  }
};

// Weights of n rows, float64 in two parts; none: all 1.
inline std::vector<double> weightsOf(const Input& parts, int64_t n) {
  std::vector<double> weights(n, 1);
  const float* high = parts.floats();
  for (int64_t i = 0; i < parts.size() / 2; i++) weights[i] = static_cast<double>(high[i]) + high[n + i];
  return weights;
}

}  // namespace latent::mixture
