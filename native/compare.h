// Squared distances of some rows to points, all to all.
#pragma once

#include <algorithm>
#include <limits>

#include "side.h"

namespace latent {

// Points that a block of rows is compared with at once, at most: as many as registers hold sums of.
constexpr int PANEL = LANES == 16 ? 12 : 6;

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

// A block of rows, and what it is compared with: the buffers of one thread.
class Comparison : public SideBySide {
 public:
  explicit Comparison(const Points& points) : distances((points.k + PANEL) * ROWS), packed_(points.d * ROWS) {}

  std::vector<float> distances;  // [K, ROWS] squared, less the row's own squared norm where they are by products
  Vector norms[2];               // |x|^2, where they are by products

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

 private:
  std::vector<float> packed_;  // [D, ROWS]

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
