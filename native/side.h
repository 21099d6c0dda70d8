// Rows side by side: a register has one number of each of LANES rows.
#pragma once

#include <algorithm>
#include <utility>

#include "kernel.h"

namespace latent {

// Rows that are taken at a time.
constexpr int ROWS = 2 * LANES;

// Rows of a thread's share of n with so many products each: the same for each, and worth what starting a thread and waiting
// for it costs, 40 to 70 us on two processors of a virtual machine; products of a share are computed in about 100.
static inline int64_t shareOf(int64_t n, int64_t products) {
  const int64_t shares = std::clamp<int64_t>(n * products >> 22, 1, threads());
  return roundUp((n + shares - 1) / shares, ROWS);
}

// Of two vectors side by side, the lanes that are numbered.
template <int... lanes>
static inline Vector pick(Vector a, Vector b) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, lanes...);
#else
  return __builtin_shuffle(a, b, IntVector{lanes...});
#endif
}

// Lanes of two rows change places, where their numbers have the bit `step` and where not.
template <int step, int... lanes>
static inline void exchange(Vector& a, Vector& b, std::integer_sequence<int, lanes...>) {
  const Vector low = pick<(lanes & step ? lanes - step + LANES : lanes)...>(a, b);
  b = pick<(lanes & step ? lanes + LANES : lanes + step)...>(a, b);
  a = low;
}

// LANES rows of as many columns, turned: v[j] gets column j. A butterfly of log2(LANES) rounds.
template <int step>
static inline void turn(Vector (&v)[LANES]) {
  for (int r = 0; r < LANES; r++) {
    if (!(r & step)) exchange<step>(v[r], v[r + step], std::make_integer_sequence<int, LANES>());
  }
  if constexpr (step > 1) turn<step / 2>(v);
}

// The sums over the lanes of LANES vectors, which are left turned.
static inline Vector sumsOf(Vector (&v)[LANES]) {
  turn<LANES / 2>(v);
  Vector sums = v[0];
  for (int l = 1; l < LANES; l++) sums += v[l];
  return sums;
}

// Up to ROWS rows.
class SideBySide {
 public:
  int32_t rows[ROWS];  // their numbers
  int count = 0;

  // Takes the rows from `first` on, up to `end`.
  void take(int64_t first, int64_t end) {
    count = static_cast<int>(std::min<int64_t>(ROWS, end - first));
    for (int r = 0; r < ROWS; r++) rows[r] = static_cast<int32_t>(first) + r;
  }

  // The rows side by side; those that a last block lacks are its first one again.
  void pack(const float* x, const float* origin, int64_t d, float* packed) const {
    const bool inSequence = count == ROWS && rows[ROWS - 1] - rows[0] == ROWS - 1;
    if (inSequence && d < LANES) return packColumns(x + rows[0] * d, origin, d, 0, packed);
    const float* from[ROWS];
    for (int r = 0; r < ROWS; r++) from[r] = x + rows[r < count ? r : 0] * d;
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES) {
      const Vector shift = load(origin + j);
      for (int half = 0; half < 2; half++) {
        Vector v[LANES];
        for (int r = 0; r < LANES; r++) v[r] = load(from[half * LANES + r] + j) - shift;
        turn<LANES / 2>(v);
        for (int c = 0; c < LANES; c++) store(packed + (j + c) * ROWS + half * LANES, v[c]);
      }
    }
    if (inSequence) return packColumns(from[0], origin, d, j, packed);
    for (; j < d; j++) {
      for (int r = 0; r < ROWS; r++) packed[j * ROWS + r] = from[r][j] - origin[j];
    }
  }

 private:
  // Columns from j on of ROWS rows one after the other.
  static void packColumns(const float* x, const float* origin, int64_t d, int64_t j, float* packed) {
    for (; j < d; j++) {
      for (int r = 0; r < ROWS; r++) packed[j * ROWS + r] = x[r * d + j] - origin[j];
    }
  }
};

}  // namespace latent
