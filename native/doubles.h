// Vectors of float64.
#pragma once

#include "kernel.h"

namespace latent {

constexpr int WIDTH = LANES / 2;
typedef double Doubles __attribute__((vector_size(WIDTH * sizeof(double))));

static inline Doubles loadDoubles(const double* from) {
  Doubles v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
static inline void storeDoubles(double* to, Doubles v) { std::memcpy(to, &v, sizeof v); }
static inline Doubles allDoubles(double value) { return value - Doubles{}; }

static inline double sumOf(Doubles v) {
  double total = 0;
  for (int lane = 0; lane < WIDTH; lane++) total += v[lane];
  return total;
}

// Arrays are padded with zeros to whole vectors: loops need no remainder.
constexpr int64_t padded(int64_t n) { return roundUp(n, WIDTH); }

// x·y of n numbers, n a multiple of WIDTH.
static inline double dot(const double* x, const double* y, int64_t n) {
  Doubles even = {}, odd = {};
  int64_t k = 0;
  for (; k + 2 * WIDTH <= n; k += 2 * WIDTH) {
    even += loadDoubles(x + k) * loadDoubles(y + k);
    odd += loadDoubles(x + k + WIDTH) * loadDoubles(y + k + WIDTH);
  }
  if (k < n) even += loadDoubles(x + k) * loadDoubles(y + k);
  return sumOf(even + odd);
}

}  // namespace latent
