// A Gaussian mixture's pass over rows of few features: every component is computed for every row, LANES rows side by side in
// a register. What a component adds up, it adds up of the rows that have a share of it only.
#pragma once

#include "components.h"
#include "responsibilities.h"

namespace latent::mixture {

// Columns of y that are computed at once, and of the sums of y yᵀ so many rows and columns: as registers go round.
constexpr int COLUMNS = 4;
constexpr int SUM_ROWS = LANES == 16 ? 4 : 2;

// Numbers of rows, views and shares that a thread works with at once: they stay in its second cache.
constexpr int64_t WORK = 1 << 16;

// P_k as narrower panels, of COLUMNS columns, each with the rows that are not 0 in it, [min(D, panel's last + 1), COLUMNS].
struct FewComponents : Mixture {
  std::vector<float> columns;  // [K, width]
  int64_t width = 0;

  explicit FewComponents(const Mixture& mixture) : Mixture(mixture) {
    for (int64_t start = 0; start < d; start += COLUMNS) width += rowsOf(start) * COLUMNS;
    columns.resize(k * width);
    float* to = columns.data();
    for (int64_t c = 0; c < k; c++) {
      const float* p = panel(c, 0);
      for (int64_t start = 0; start < d; start += COLUMNS) {
        for (int64_t i = 0; i < rowsOf(start); i++) {
          for (int64_t j = start; j < start + COLUMNS; j++) *to++ = j < d && i <= j ? p[at(i, j)] : 0;
        }
      }
    }
  }

  // Of the panel whose first column this is.
  int64_t rowsOf(int64_t start) const { return std::min(d, start + COLUMNS); }
};

// What a thread adds up.
struct FewSums {
  FewSums(int64_t k, int64_t d) : moments(k * (d + 1) * (d + 2) / 2), totals(k + 1) {}
  std::vector<double> moments;  // [K, (D + 1)(D + 2) / 2] Σ z zᵀ with z = √r (y, 1), on and below the diagonal
  std::vector<double> totals;   // [K + 1] Σ r, then Σ w log Σ p
};

// Rows of a thread, as many as it works with at once, in units of ROWS side by side.
class FewRows {
 public:
  FewRows(const Rows& rows, const FewComponents& of)
      : rows_(rows), of_(of), width_(roundUp(of.d + 1, COLUMNS)), most_(atOnce(of)), x_(most_ * of.d),
        some_(most_ * of.d), z_(of.d * ROWS), y_(most_ * width_), shares_(of.k * most_), roots_(most_), seen_(most_) {}

  int64_t most() const { return most_; }

  void take(int64_t begin, int64_t end) {
    m_ = end - begin;
    for (int64_t a = 0; a < m_; a += ROWS) {
      block_.take(begin + a, end);
      block_.pack(rows_.x, rows_.origin, of_.d, &x_[a * of_.d]);
    }
  }

  // The mixture's own shares of rows with these weights [m].
  void share(const double* weights, FewSums* sums) {
    for (int64_t a = 0; a < m_; a += ROWS) shareUnit(a, weights + a, sums);
  }

  // Given ones.
  void share(const Given& given, FewSums* sums) { given.copy(of_.k, m_, shares_.data(), most_, sums->totals.data()); }

  void addTo(FewSums* sums) {
    for (int64_t c = 0; c < of_.k; c++) addComponent(c, &sums->moments[c * (of_.d + 1) * (of_.d + 2) / 2]);
  }

 private:
  static int64_t atOnce(const FewComponents& of) {
    return std::clamp<int64_t>(WORK / (3 * of.d + of.k + COLUMNS) / ROWS * ROWS, ROWS, 1024);
  }

  // y = (x - μ_c) P_c of a unit [D rounded up, ROWS]: columns beyond D are 0.
  void view(const float* x, int64_t c, float* y) {
    const int64_t d = of_.d;
    const float* mean = of_.means + c * d;
    for (int64_t j = 0; j < d; j++) {
      for (int h = 0; h < 2; h++) {
        const int64_t at = j * ROWS + h * LANES;
        store(&z_[at], load(x + at) - all(mean[j]));
      }
    }
    const float* p = &of_.columns[c * of_.width];
    for (int64_t start = 0; start < d; start += COLUMNS) {
      Vector sums[COLUMNS][2] = {};
      for (int64_t i = 0; i < of_.rowsOf(start); i++, p += COLUMNS) {
        const Vector u = load(&z_[i * ROWS]), v = load(&z_[i * ROWS + LANES]);
        for (int j = 0; j < COLUMNS; j++) {
          const Vector factor = all(p[j]);
          sums[j][0] += u * factor;
          sums[j][1] += v * factor;
        }
      }
      for (int j = 0; j < COLUMNS; j++) {
        for (int h = 0; h < 2; h++) store(y + (start + j) * ROWS + h * LANES, sums[j][h]);
      }
    }
  }

  void shareUnit(int64_t a, const double* weights, FewSums* sums) {
    for (int64_t c = 0; c < of_.k; c++) {
      Vector squares[2] = {};
      view(&x_[a * of_.d], c, y_.data());
      for (int64_t j = 0; j < of_.d; j++) {
        for (int h = 0; h < 2; h++) {
          const Vector y = load(&y_[j * ROWS + h * LANES]);
          squares[h] += y * y;
        }
      }
      for (int h = 0; h < 2; h++) store(&shares_[c * most_ + a + h * LANES], squares[h]);
    }
    const int lanes = static_cast<int>(std::min<int64_t>(ROWS, m_ - a));
    shareOut(of_, weights, lanes, &shares_[a], most_, sums->totals.data());
  }

  // Σ z zᵀ of a component.
  void addComponent(int64_t c, double* moments) {
    const float* shares = &shares_[c * most_];
    int64_t seen = 0;
    for (int64_t a = 0; a < m_; a++) {
      seen_[seen] = static_cast<int32_t>(a);
      seen += shares[a] > 0;
    }
    const bool many = 4 * seen > 3 * m_;
    if (many) seen = m_;
    const int64_t units = (seen + ROWS - 1) / ROWS;
    std::fill(roots_.begin() + std::max<int64_t>(units - 1, 0) * ROWS, roots_.begin() + units * ROWS, 0.f);
    for (int64_t at = 0; at < seen; at++) roots_[at] = std::sqrt(shares[many ? at : seen_[at]]);
    if (!many) gather(seen, units);
    const float* x = many ? x_.data() : some_.data();
    for (int64_t u = 0; u < units; u++) {
      float* y = &y_[u * width_ * ROWS];
      const Vector root[2] = {load(&roots_[u * ROWS]), load(&roots_[u * ROWS + LANES])};
      view(x + u * of_.d * ROWS, c, y);
      for (int64_t j = 0; j < width_; j++) {
        for (int h = 0; h < 2; h++) {
          float* to = y + j * ROWS + h * LANES;
          store(to, j < of_.d ? load(to) * root[h] : j == of_.d ? root[h] : Vector{});
        }
      }
    }
    for (int64_t i = 0; i <= of_.d; i += SUM_ROWS) {
      for (int64_t j = 0; j < i + SUM_ROWS; j += COLUMNS) addTile(units, i, j, moments);
    }
  }

  // The rows that are seen, side by side; those that a last unit lacks are 0.
  void gather(int64_t seen, int64_t units) {
    const int64_t d = of_.d;
    if (units > 0) std::fill_n(&some_[(units - 1) * d * ROWS], d * ROWS, 0.f);
    for (int64_t at = 0; at < seen; at++) {
      const float* from = &x_[seen_[at] / ROWS * d * ROWS + seen_[at] % ROWS];
      float* to = &some_[at / ROWS * d * ROWS + at % ROWS];
      for (int64_t j = 0; j < d; j++) to[j * ROWS] = from[j * ROWS];
    }
  }

  // Rows i to i + SUM_ROWS of the sums, columns j to j + COLUMNS of them.
  void addTile(int64_t units, int64_t i, int64_t j, double* moments) {
    Vector sums[SUM_ROWS * COLUMNS / LANES][LANES] = {};
    for (int64_t u = 0; u < units; u++) {
      for (int h = 0; h < 2; h++) {
        const float* y = &y_[u * width_ * ROWS + h * LANES];
        Vector b[COLUMNS];
        for (int s = 0; s < COLUMNS; s++) b[s] = load(y + (j + s) * ROWS);
        for (int r = 0; r < SUM_ROWS; r++) {
          const Vector a = load(y + (i + r) * ROWS);
          for (int s = 0; s < COLUMNS; s++) {
            const int at = r * COLUMNS + s;
            sums[at / LANES][at % LANES] += a * b[s];
          }
        }
      }
    }
    float totals[SUM_ROWS * COLUMNS];
    for (int part = 0; part < SUM_ROWS * COLUMNS / LANES; part++) store(totals + part * LANES, sumsOf(sums[part]));
    for (int r = 0; r < SUM_ROWS && i + r <= of_.d; r++) {
      double* to = moments + (i + r) * (i + r + 1) / 2;
      for (int s = 0; s < COLUMNS && j + s <= i + r; s++) to[j + s] += totals[r * COLUMNS + s];
    }
  }

  const Rows& rows_;
  const FewComponents& of_;
  const int64_t width_, most_;
  int64_t m_ = 0;
  SideBySide block_;
  std::vector<float> x_;       // [most / ROWS, D, ROWS] relative to the origin
  std::vector<float> some_;    // the same of those that a component adds up
  std::vector<float> z_;       // [D, ROWS] x - μ of a unit
  std::vector<float> y_;       // [most / ROWS, width, ROWS] √r (y, 1)
  std::vector<float> shares_;  // [K, most] |y|², then r
  std::vector<float> roots_;   // [most]
  std::vector<int32_t> seen_;  // [most]
};

// Adds the batch up: given shares, or where there are none the mixture's own, of rows with these weights.
inline FewSums passOfFew(const Rows& rows, const FewComponents& of, const double* weights, const Given& given) {
  std::vector<std::unique_ptr<FewSums>> parts(threads());
  const int64_t share = shareOf(rows.n, of.k * (of.width + of.d * of.d + 100));
  parallelIndexed(rows.n, share, [&](int part, int64_t begin, int64_t end) {
    auto sums = std::make_unique<FewSums>(of.k, of.d);
    FewRows some(rows, of);
    for (int64_t start = begin; start < end; start += some.most()) {
      some.take(start, std::min(end, start + some.most()));
      if (given.values) {
        some.share(given.from(start), sums.get());
      } else {
        some.share(weights + start, sums.get());
      }
      some.addTo(sums.get());
    }
    parts[part] = std::move(sums);
  });
  return std::move(sumOfParts(parts, {&FewSums::moments, &FewSums::totals}));
}

}  // namespace latent::mixture
