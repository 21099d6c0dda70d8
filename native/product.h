// Matrix products in float32 that run at the speed of the processor's multipliers: blocks of the result stay in registers
// while packed panels stream by. All is single-threaded: callers cut the rows or the blocks with `parallel`, and own the
// scratch; nothing here allocates.
//
// Goto and van de Geijn, Anatomy of high-performance matrix multiplication, ACM TOMS 34 (2008).
#pragma once

#include <algorithm>

#include "kernel.h"

namespace latent {

// A block of a result: TILE_ROWS rows of PANEL columns, in half of the registers; more would not be faster, and this one
// divides a panel, so that one packing serves both sides of XᵀX.
constexpr int TILE_ROWS = LANES == 16 ? 8 : 4;
constexpr int PANEL_VECTORS = LANES == 16 ? 2 : 3;
constexpr int PANEL = PANEL_VECTORS * LANES;
static_assert(PANEL % TILE_ROWS == 0);

// A tile of sums: rows of NV vectors.
template <int NV>
struct Tile {
  Vector rows[TILE_ROWS][NV];
};

// As many panels as M columns take, and that many columns with the padding.
constexpr int64_t panelsOf(int64_t m) { return (m + PANEL - 1) / PANEL; }
constexpr int64_t paddedTo(int64_t m) { return roundUp(m, PANEL); }

// Rows that a symmetric product takes at once: a panel of them fills two thirds of the first cache.
constexpr int64_t DEPTH = LANES == 16 ? 256 : 320;

// B [k, M], whose rows are `stride` apart, as panels [panelsOf(M), k, PANEL] with zeros beyond M. `scale` [k], where it is
// not null, multiplies the rows: with square roots of weights, XᵀX becomes the weighted sum.
static inline void packPanels(const float* b, int64_t k, int64_t m, int64_t stride, const float* scale, float* packed) {
  for (int64_t start = 0; start < m; start += PANEL) {
    const int64_t width = std::min<int64_t>(PANEL, m - start);
    for (int64_t p = 0; p < k; p++, packed += PANEL) {
      const float* from = b + p * stride + start;
      const float factor = scale ? scale[p] : 1;
      for (int64_t j = 0; j < width; j++) packed[j] = from[j] * factor;
      for (int64_t j = width; j < PANEL; j++) packed[j] = 0;
    }
  }
}

// sums_ij = Σ_p a(p, i) b_pj over p < k, for the first NV vectors of a panel b [k, PANEL]. `a` returns a float.
template <int NV, class A>
__attribute__((always_inline)) static inline Tile<NV> multiply(int64_t k, A a, const float* b) {
  Tile<NV> sums = {};
  for (int64_t p = 0; p < k; p++, b += PANEL) {
    Vector columns[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; j++) columns[j] = load(b + j * LANES);
#pragma GCC unroll 8
    for (int i = 0; i < TILE_ROWS; i++) {
      const Vector row = all(a(p, i));
#pragma GCC unroll 4
      for (int j = 0; j < NV; j++) sums.rows[i][j] += row * columns[j];
    }
  }
  return sums;
}

static inline void addTo(float* out, int64_t stride, const Tile<PANEL_VECTORS>& sums) {
  for (int i = 0; i < TILE_ROWS; i++) {
    for (int j = 0; j < PANEL_VECTORS; j++) {
      float* to = out + i * stride + j * LANES;
      store(to, load(to) + sums.rows[i][j]);
    }
  }
}

// One panel of a product: f(i, sums) for tiles of rows i to i + TILE_ROWS of A [n, k] (rows `stride` apart) times a packed
// panel [k, PANEL]. The last tile may have fewer rows: what it says of those beyond n is to be left.
template <class F>
static inline void multiplyPanel(const float* a, int64_t n, int64_t k, int64_t stride, const float* panel, F f) {
  for (int64_t start = 0; start < n; start += TILE_ROWS) {
    const float* rows[TILE_ROWS];
    for (int i = 0; i < TILE_ROWS; i++) rows[i] = a + std::min(start + i, n - 1) * stride;
    f(start, multiply<PANEL_VECTORS>(k, [&](int64_t p, int i) { return rows[i][p]; }, panel));
  }
}

// C [n, M] = A [n, k] B [k, M], B packed; the rows of A and C are `aStride` and `cStride` apart. Rows for which A fits the
// second cache (as 128 of 784) are best taken at once.
static inline void product(const float* a, int64_t n, int64_t k, int64_t aStride, const float* packed, int64_t m, float* c,
                           int64_t cStride) {
  for (int64_t column = 0; column < m; column += PANEL, packed += k * PANEL) {
    const int64_t width = std::min<int64_t>(PANEL, m - column);
    multiplyPanel(a, n, k, aStride, packed, [&](int64_t start, const Tile<PANEL_VECTORS>& sums) {
      const int64_t rows = std::min<int64_t>(TILE_ROWS, n - start);
      for (int64_t i = 0; i < rows; i++) {
        std::memcpy(c + (start + i) * cStride + column, sums.rows[i], width * sizeof(float));
      }
    });
  }
}

// One panel's columns of a symmetric product Xᵀ X, on and below the diagonal (a little above it too, in blocks): f(row, tile) for
// tiles from that row and `column` on. packed [panelsOf(D), n, PANEL] holds X [n, D], n <= DEPTH.
template <class F>
static inline void symmetricPanel(const float* packed, int64_t n, int64_t d, int64_t column, F f) {
  const float* b = packed + column * n;
  for (int64_t row = column; row < d; row += TILE_ROWS) {
    const float* a = packed + row / PANEL * PANEL * n + row % PANEL;
    const auto element = [&](int64_t p, int i) { return a[p * PANEL + i]; };
    Tile<PANEL_VECTORS> tile = {};
    if (row + TILE_ROWS <= column + LANES) {
      const Tile<1> left = multiply<1>(n, element, b);
      for (int i = 0; i < TILE_ROWS; i++) tile.rows[i][0] = left.rows[i][0];
    } else {
      tile = multiply<PANEL_VECTORS>(n, element, b);
    }
    f(row, tile);
  }
}

// out [paddedTo(D), paddedTo(D)] += Xᵀ X, as symmetricPanel.
static inline void symmetricProduct(const float* packed, int64_t n, int64_t d, float* out) {
  const int64_t size = paddedTo(d);
  for (int64_t column = 0; column < d; column += PANEL) {
    symmetricPanel(packed, n, d, column, [&](int64_t row, const Tile<PANEL_VECTORS>& tile) {
      addTo(out + row * size + column, size, tile);
    });
  }
}

}  // namespace latent
