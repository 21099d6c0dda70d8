// From log densities to responsibilities, row by row.
#pragma once

#include <cmath>

#include "kernel.h"

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

// Weights of n rows, float64 in two parts; none: all 1.
inline std::vector<double> weightsOf(const Input& parts, int64_t n) {
  std::vector<double> weights(n, 1);
  const float* high = parts.floats();
  for (int64_t i = 0; i < parts.size() / 2; i++) weights[i] = static_cast<double>(high[i]) + high[n + i];
  return weights;
}

}  // namespace latent::mixture
