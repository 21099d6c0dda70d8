// Rows as the components of a Gaussian mixture see them: y = (x - μ_k) P_k, panel by panel of its columns.
// P_k is upper triangular: a panel of y needs the features up to its own columns only.
#pragma once

#include <memory>

#include "product.h"

namespace latent::mixture {

inline std::unique_ptr<float[]> numbers(int64_t n) { return std::unique_ptr<float[]>(new float[n]); }

// Rows of a batch: x [n, D], the origin [D] still to be subtracted.
struct Rows {
  const float* x;
  const float* origin;
  int64_t n, d;
};

// How an upper triangle P [D, D] lies between two iterations: as panels of its columns. Panel t has the rows that are not 0
// in it, [min(D, (t + 1) PANEL), PANEL].
struct Triangle {
  int64_t d;

  int64_t panels() const { return panelsOf(d); }
  int64_t depth(int64_t t) const { return std::min(d, (t + 1) * PANEL); }
  int64_t size() const { return panels() * (panels() - 1) / 2 * PANEL * PANEL + d * PANEL; }
  int64_t start(int64_t t) const { return t * (t + 1) / 2 * PANEL * PANEL; }
  int64_t at(int64_t i, int64_t j) const { return start(j / PANEL) + i * PANEL + j % PANEL; }

  void pack(const float* p, float* to) const {
    for (int64_t t = 0; t < panels(); t++) {
      const int64_t column = t * PANEL;
      float* panel = to + start(t);
      packPanels(p + column, depth(t), std::min<int64_t>(PANEL, d - column), d, nullptr, panel);
      for (int64_t i = column; i < depth(t); i++) std::fill_n(panel + i * PANEL, i - column, 0.f);
    }
  }
  void unpack(const float* from, float* p) const {
    for (int64_t i = 0; i < d; i++) {
      for (int64_t j = 0; j < d; j++) p[i * d + j] = j < i ? 0 : from[at(i, j)];
    }
  }
};

struct Mixture : Triangle {
  int64_t k;
  const float* means;      // [K, D], relative to the origin
  const float* constants;  // [2, K], float64 in two parts: log w_k + log |P_k| - D/2 log 2π
  double reach;            // how far below a row's best component another is dropped, in nats
  const float* factors;    // [K, size] P

  double constant(int64_t c) const { return static_cast<double>(constants[c]) + constants[k + c]; }
  const float* panel(int64_t c, int64_t t) const { return factors + c * size() + start(t); }
};

// A tile of z P, for a panel b of P whose first `from` rows are whole: of the LANES by LANES blocks below
// them the diagonal ones are the last that are not 0.
template <int NV, class A>
__attribute__((always_inline)) inline Tile<NV> multiplyTriangle(int64_t from, int64_t d, A a,
                                                                const float* b) {
  const int64_t depth = std::min(d, from + LANES);
  Tile<NV> sums = multiply<NV>(depth, a, b);
  if constexpr (NV > 1) {
    const auto below = [&](int64_t p, int i) { return a(depth + p, i); };
    const Tile<NV - 1> rest = multiplyTriangle<NV - 1>(0, d - depth, below, b + depth * PANEL + LANES);
    for (int i = 0; i < TILE_ROWS; i++) {
      for (int j = 1; j < NV; j++) sums.rows[i][j] += rest.rows[i][j - 1];
    }
  }
  return sums;
}

// A row of the batch, and the place of x - μ.
struct Seen {
  int32_t row;
  float* z;  // [D], as far as it was computed
};

// Rows seen from one component at a time.
class View {
 public:
  View(const Rows& rows, const Mixture& mixture, int64_t capacity)
      : rows_(rows),
        mixture_(mixture),
        stride_(mixture.d / LANES * LANES + LANES),
        z_(numbers(capacity * stride_)),
        seen_(capacity),
        squares_(numbers(capacity * LANES)) {}

  void add(int32_t row) {
    store(squares_.get() + m_ * LANES, Vector{});
    seen_[m_] = {row, z_.get() + m_ * stride_};
    m_++;
  }
  void clear() { m_ = 0; }
  int64_t size() const { return m_; }
  int32_t row(int64_t a) const { return seen_[a].row; }
  // The squares of the panels since the row was added.
  double square(int64_t a) const {
    float sums[4] = {};
    const float* parts = squares_.get() + a * LANES;
    for (int j = 0; j < LANES; j++) sums[j % 4] += parts[j];
    return static_cast<double>(sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  // Leaves the rows for which f(row, square) is true.
  template <class F>
  void keep(F f) {
    int64_t kept = 0;
    for (int64_t a = 0; a < m_; a++) {
      const bool stays = f(seen_[a].row, square(a));
      store(squares_.get() + kept * LANES, load(squares_.get() + a * LANES));
      seen_[kept] = seen_[a];
      kept += stays;  // no branch: nobody could foretell it
    }
    m_ = kept;
  }
  // Panel t of y = (x - μ_c) P_c, after those before it; where `y` is not null, row a is put at y + a PANEL.
  void panel(int64_t c, int64_t t, float* y) {
    center(c, t);
    const int64_t vectors = std::min<int64_t>(PANEL_VECTORS, (mixture_.d - t * PANEL + LANES - 1) / LANES);
    if (vectors == 1) multiplyPanel<1>(c, t, y);
    if (vectors == 2) multiplyPanel<2>(c, t, y);
    if constexpr (PANEL_VECTORS == 3) {
      if (vectors == 3) multiplyPanel<3>(c, t, y);
    }
  }

 private:
  void center(int64_t c, int64_t t) {
    const int64_t begin = t * PANEL;
    const int64_t width = std::min<int64_t>(PANEL, mixture_.d - begin);
    const float* mean = mixture_.means + c * mixture_.d + begin;
    const float* origin = rows_.origin + begin;
    for (int64_t a = 0; a < m_; a++) {
      const float* x = rows_.x + seen_[a].row * rows_.d + begin;
      float* z = seen_[a].z + begin;
      if (width == PANEL) {
        for (int j = 0; j < PANEL; j += LANES) store(z + j, load(x + j) - load(origin + j) - load(mean + j));
      } else {
        for (int64_t j = 0; j < width; j++) z[j] = x[j] - origin[j] - mean[j];
      }
    }
  }
  template <int NV>
  void multiplyPanel(int64_t c, int64_t t, float* y) {
    const float* panel = mixture_.panel(c, t);
    for (int64_t start = 0; start < m_; start += TILE_ROWS) {
      const float* z[TILE_ROWS];
      for (int i = 0; i < TILE_ROWS; i++) z[i] = seen_[std::min(start + i, m_ - 1)].z;
      const auto element = [&](int64_t p, int i) { return z[i][p]; };
      const Tile<NV> tile = multiplyTriangle<NV>(t * PANEL, mixture_.d, element, panel);
      for (int64_t i = 0; i < std::min<int64_t>(TILE_ROWS, m_ - start); i++) {
        float* squares = squares_.get() + (start + i) * LANES;
        Vector sum = load(squares);
        for (int j = 0; j < NV; j++) {
          sum += tile.rows[i][j] * tile.rows[i][j];
          if (y) store(y + (start + i) * PANEL + j * LANES, tile.rows[i][j]);
        }
        store(squares, sum);
      }
    }
  }

  const Rows& rows_;
  const Mixture& mixture_;
  const int64_t stride_;
  int64_t m_ = 0;
  std::unique_ptr<float[]> z_;        // [capacity, stride]
  std::vector<Seen> seen_;            // [capacity]
  std::unique_ptr<float[]> squares_;  // [capacity, LANES] a row's sum is |y|²
};

}  // namespace latent::mixture
