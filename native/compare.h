// Squared distances of some rows to points, all to all.
#pragma once

#include <algorithm>
#include <limits>
#include <utility>

#include "kernel.h"

namespace latent {

// Rows that are compared at a time, side by side, and the points that they are compared with at once, at most: as many as
// registers hold sums of.
constexpr int ROWS = 2 * LANES;
constexpr int PANEL = LANES == 16 ? 12 : 6;

// Rows of a thread's share of n with so many products each: the same for each, and worth what starting a thread and waiting
// for it costs, 40 to 70 us on two processors of a virtual machine; products of a share are computed in about 100.
static inline int64_t shareOf(int64_t n, int64_t products) {
  const int64_t shares = std::clamp<int64_t>(n * products >> 22, 1, threads());
  return ((n + shares - 1) / shares + ROWS - 1) / ROWS * ROWS;
}

// Points [K, D], packed.
struct Points {
  Points() = default;

  // By differences, distances lose no digits and take twice the operations of products.
  Points(const float* points, int64_t k, int64_t d, bool byDifferences) : k(k), d(d), byDifferences(byDifferences) {
    const int64_t count = (k + PANEL - 1) / PANEL;
    panel = static_cast<int>((k + count - 1) / count);
    panels.assign(count * d * panel, 0);
    norms.assign(count * panel, 0);
    for (int64_t c = 0; c < k; c++) {
      double norm = 0;
      float* to = &panels[c / panel * panel * d + c % panel];
      for (int64_t j = 0; j < d; j++) {
        const float value = points[c * d + j];
        to[j * panel] = value;
        norm += static_cast<double>(value) * value;
      }
      norms[c] = static_cast<float>(norm);
      largest = std::max(largest, norms[c]);
    }
  }

  int64_t k = 0, d = 0;
  bool byDifferences = true;
  int panel = 1;
  std::vector<float> panels;  // [K / panel, D, panel]
  std::vector<float> norms;   // [K rounded up] |c|^2
  float largest = 0;          // of the norms
};

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

// A block of up to ROWS rows, and what it is compared with: the buffers of one thread.
class Comparison {
 public:
  explicit Comparison(const Points& points) : distances((points.k + PANEL) * ROWS), packed_(points.d * ROWS) {}

  int32_t rows[ROWS];  // their numbers
  int count = 0;
  std::vector<float> distances;  // [K, ROWS] squared, less the row's own squared norm where they are by products
  Vector norms[2];               // |x|^2, where they are by products

  // Takes the rows from `first` on, up to `end`.
  void take(int64_t first, int64_t end) {
    count = static_cast<int>(std::min<int64_t>(ROWS, end - first));
    for (int r = 0; r < ROWS; r++) rows[r] = static_cast<int32_t>(first) + r;
  }

  // x [N, D] is taken relative to the origin [D].
  void compare(const float* x, const float* origin, const Points& points) {
    pack(x, origin, points.d, packed_.data());
    compare(packed_.data(), points);
  }

  // Of rows that were packed [D, ROWS].
  void compare(const float* packed, const Points& points) { comparePanels<PANEL>(packed, points); }

  // The nearest point to each of some packed rows, the first of several, and the squared distance to it.
  void nearest(const float* packed, const Points& points, IntVector (&labels)[2], Vector (&least)[2]) {
    if (points.byDifferences && points.k == points.panel) return nearestOfFew<PANEL>(packed, points, labels, least);
    compare(packed, points);
    nearest(points.k, labels, least);
  }

  // The nearest of k points to each row, the first of several, and what `distances` has of it.
  void nearest(int64_t k, IntVector (&labels)[2], Vector (&least)[2]) const {
    const float* from = distances.data();
    IntVector a{}, b{}, point{};
    Vector u = load(from), v = load(from + LANES);
    for (int64_t c = 1; c < k; c++) {
      from += ROWS;
      point += 1;
      const Vector x = load(from), y = load(from + LANES);
      const IntVector first = x < u, second = y < v;
      u = first ? x : u;
      v = second ? y : v;
      a = first ? point : a;
      b = second ? point : b;
    }
    labels[0] = a, labels[1] = b;
    least[0] = u, least[1] = v;
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
  std::vector<float> packed_;  // [D, ROWS]

  // Columns from j on of ROWS rows one after the other.
  static void packColumns(const float* x, const float* origin, int64_t d, int64_t j, float* packed) {
    for (; j < d; j++) {
      for (int r = 0; r < ROWS; r++) packed[j * ROWS + r] = x[r * d + j] - origin[j];
    }
  }

  // The one of these that is made for the points' panels.
  template <int panel>
  void comparePanels(const float* packed, const Points& points) {
    if constexpr (panel > 1) {
      if (points.panel < panel) return comparePanels<panel - 1>(packed, points);
    }
    if (points.byDifferences) return comparePanel<panel, true>(packed, points);
    squareNorms(packed, points.d);
    comparePanel<panel, false>(packed, points);
  }

  void squareNorms(const float* packed, int64_t d) {
    Vector a{}, b{};
    for (int64_t j = 0; j < d; j++) {
      const Vector u = load(packed + j * ROWS), v = load(packed + j * ROWS + LANES);
      a += u * u;
      b += v * v;
    }
    norms[0] = a;
    norms[1] = b;
  }

  // Not inlined: WebAssembly is to be small, and a block is worth a call.
  template <int panel, bool byDifferences>
  __attribute__((noinline)) void comparePanel(const float* x, const Points& points) {
    for (int64_t c = 0; c < points.k; c += panel) {
      Vector sums[panel][2] = {};
      addUp<panel, byDifferences>(x, &points.panels[c * points.d], points.d, sums);
      for (int p = 0; p < panel; p++) {
        for (int h = 0; h < 2; h++) {
          const Vector distance = byDifferences ? sums[p][h] : all(points.norms[c + p]) - 2 * sums[p][h];
          store(&distances[(c + p) * ROWS + h * LANES], distance);
        }
      }
    }
  }

  // Squared differences, or products.
  template <int panel, bool byDifferences>
  static void addUp(const float* x, const float* centers, int64_t d, Vector (&sums)[panel][2]) {
    for (int64_t j = 0; j < d; j++, centers += panel) {
      const Vector u = load(x + j * ROWS), v = load(x + j * ROWS + LANES);
      for (int p = 0; p < panel; p++) {
        const Vector center = all(centers[p]);
        const Vector a = byDifferences ? u - center : u, b = byDifferences ? v - center : v;
        sums[p][0] += a * (byDifferences ? a : center);
        sums[p][1] += b * (byDifferences ? b : center);
      }
    }
  }

  template <int panel>
  static void nearestOfFew(const float* packed, const Points& points, IntVector (&labels)[2], Vector (&least)[2]) {
    if constexpr (panel > 1) {
      if (points.panel < panel) return nearestOfFew<panel - 1>(packed, points, labels, least);
    }
    Vector sums[panel][2] = {};
    addUp<panel, true>(packed, points.panels.data(), points.d, sums);
    for (int h = 0; h < 2; h++) {
      Vector u = sums[0][h];
      IntVector a{};
      for (int p = 1; p < panel; p++) {
        const IntVector nearer = sums[p][h] < u;
        u = nearer ? sums[p][h] : u;
        a = nearer ? IntVector{} + p : a;
      }
      least[h] = u;
      labels[h] = a;
    }
  }
};

}  // namespace latent
