// Euclidean distances of two blocks of rows, all to all, by products: src/metrics/clusterDistances.ts.
#include "product.h"

namespace latent {
namespace {

// Rows of A that a thread multiplies with a panel of B at once: they stay in the second cache.
constexpr int64_t ROWS = 256;

// Rows [n, D] less their centre, and their squared norms.
struct Centred {
  Centred(const float* rows, int64_t n, int64_t d, const std::vector<float>& center) : x(n * d), norms(n) {
    parallel(n, ROWS, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        Vector squares = {};
        int64_t j = 0;
        float norm = 0;
        for (; j + LANES <= d; j += LANES) {
          const Vector value = load(rows + i * d + j) - load(&center[j]);
          store(&x[i * d + j], value);
          squares += value * value;
        }
        for (; j < d; j++) {
          x[i * d + j] = rows[i * d + j] - center[j];
          norm += x[i * d + j] * x[i * d + j];
        }
        for (int l = 0; l < LANES; l++) norm += squares[l];
        norms[i] = norm;
      }
    });
  }
  std::vector<float> x, norms;
};

std::vector<float> meanOf(const float* rows, int64_t n, int64_t d) {
  std::vector<double> sums(d);
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < d; j++) sums[j] += rows[i * d + j];
  }
  std::vector<float> mean(d);
  for (int64_t j = 0; j < d; j++) mean[j] = sums[j] / n;
  return mean;
}

// a [n, D], b [m, D] -> [n, m]: sqrt(|a|^2 - 2 a·b + |b|^2), about the mean of a.
void pairDistances(Context* context) {
  const Input a(context, 0), b(context, 1);
  const int64_t n = a.dim(0), m = b.dim(0), d = a.dim(1);
  const std::vector<float> center = meanOf(a.floats(), n, d);
  const Centred rows(a.floats(), n, d, center), columns(b.floats(), m, d, center);
  // Bᵀ in panels: columns of B side by side, feature by feature.
  std::vector<float> packed(paddedTo(m) * d), norms(paddedTo(m));
  std::copy(columns.norms.begin(), columns.norms.end(), norms.begin());
  parallel(panelsOf(m), 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++) {
      float* to = &packed[panel * PANEL * d];
      for (int64_t j = 0; j < std::min<int64_t>(PANEL, m - panel * PANEL); j++) {
        const float* from = &columns.x[(panel * PANEL + j) * d];
        for (int64_t p = 0; p < d; p++) to[p * PANEL + j] = from[p];
      }
    }
  });
  float* out = floatOutput(context, 0, {n, m});
  parallel(n, ROWS, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += ROWS) {
      const int64_t count = std::min(ROWS, end - first);
      for (int64_t column = 0; column < m; column += PANEL) {
        const int64_t width = std::min<int64_t>(PANEL, m - column);
        const auto take = [&](int64_t start, const Tile<PANEL_VECTORS>& sums) {
          for (int64_t i = 0; i < std::min<int64_t>(TILE_ROWS, count - start); i++) {
            float distances[PANEL];
            for (int v = 0; v < PANEL_VECTORS; v++) {
              const Vector square =
                  all(rows.norms[first + start + i]) + load(&norms[column + v * LANES]) - 2 * sums.rows[i][v];
              store(distances + v * LANES, root(square > 0 ? square : Vector{}));
            }
            std::memcpy(out + (first + start + i) * m + column, distances, width * sizeof(float));
          }
        };
        multiplyPanel(&rows.x[first * d], count, d, d, &packed[column * d], take);
      }
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentPairDistances, pairDistances, {"a: float", "b: float"}, {"distances: float"})

}  // namespace latent
