// A Gaussian mixture's pass over a batch of rows where all components share one covariance, or scale each feature by
// itself: the E-step, and the sums that the M-step needs. src/mixture/shared.ts calls this.
//
// With one P for all, y_k = z - m_k for z = x P and m_k = μ_k P: rows are multiplied once, not K times. Of Σ r y yᵀ the part
// that each row has about its mean frame ȳ = Σ_k r_k y_k / w, w = Σ_k r_k, needs products of single rows,
//
//     Σ_k r_k y_k y_kᵀ = w ȳ ȳᵀ + Σ_ce (r_c δ_ce - r_c r_e / w) m_c m_eᵀ
//
// and the rest has K² numbers. Both are positive semidefinite: nothing cancels.
#include <algorithm>
#include <cmath>

#include "components.h"
#include "responsibilities.h"

namespace latent::mixture {
namespace {

// Rows that are taken at once: as many as a symmetric product takes.
constexpr int64_t AT_ONCE = DEPTH;
// So many times, products are added up in float32 before float64 sums get them.
constexpr int64_t TIMES = 8;
// Rows that are compared with a component side by side.
constexpr int SIDE = 4;

struct Components {
  int64_t k, d;
  const float* constants;  // [2, K], float64 in two parts: log w_k + log |P_k| - D/2 log 2π
  double reach;            // how far below a row's best component another is dropped, in nats
  std::vector<float> means;   // [K, D padded] in the frame of all, or of the data where each scales its features
  std::vector<float> scales;  // [K, D padded], or none
  Mixture frame{};            // with the P of all, where there are no scales

  int64_t width() const { return paddedTo(d); }
  double constant(int64_t c) const { return static_cast<double>(constants[c]) + constants[k + c]; }
};

// Calls f(j, at) for the vectors of a row of m rows in [panels, m, PANEL]: of its features from j on, `at` numbers after its
// first one.
template <class F>
inline void eachVector(const Components& of, int64_t m, F f) {
  for (int64_t t = 0, j = 0; j < of.d; t++) {
    for (int v = 0; v < PANEL_VECTORS && j < of.d; v++, j += LANES) f(j, t * m * PANEL + v * LANES);
  }
}

// What a thread adds up.
struct Sums {
  Sums(int64_t k, int64_t d, bool shared)
      : totals(k + 1), first(k * d), second(shared ? (d + 1) * (d + 2) / 2 : k * d), spread(shared ? k * k : 0) {}
  std::vector<double> totals;  // [K + 1] Σ r, then Σ w log Σ p
  std::vector<double> first;   // [K, D] Σ r y
  std::vector<double> second;  // [K, D] Σ r y², or the lower triangle of Σ w ȳ ȳᵀ, row by row, and a row of 0
  std::vector<double> spread;  // [K, K] Σ (r_c δ_ce - r_c r_e / w)
};

// A thread's rows, and sums in float32.
struct Room {
  explicit Room(const Components& of)
      : z(of.width() * AT_ONCE),
        r(of.k * AT_ONCE),
        first(of.k * of.width()),
        second(of.scales.empty() ? of.width() * of.width() : of.k * of.width()) {}
  std::vector<float> z;  // [panels, m, PANEL] rows in the frame of all; then √w ȳ
  std::vector<float> r;  // [K, AT_ONCE] |y|², then responsibilities
  std::vector<float> first, second;
};

// Rows `begin` to `begin + m` into z.
void frame(const Components& of, const Rows& rows, int64_t begin, int64_t m, View* view, Room* room) {
  float* z = room->z.data();
  if (m < AT_ONCE) std::fill(room->z.begin(), room->z.end(), 0.f);
  if (of.scales.empty()) {
    view->clear();
    for (int64_t a = 0; a < m; a++) view->add(static_cast<int32_t>(begin + a));
    for (int64_t t = 0; t < panelsOf(of.d); t++) view->panel(0, t, z + t * m * PANEL);
    return;
  }
  for (int64_t a = 0; a < m; a++) {
    const float* x = rows.x + (begin + a) * of.d;
    eachVector(of, m, [&](int64_t j, int64_t at) {
      float* to = z + a * PANEL + at;
      if (j + LANES <= of.d) return store(to, load(x + j) - load(rows.origin + j));
      for (int64_t l = j; l < of.d; l++) to[l - j] = x[l] - rows.origin[l];
    });
  }
}

template <bool scaled>
inline Vector seen(Vector z, const float* mean, const float* scale) {
  const Vector y = z - load(mean);
  return scaled ? y * load(scale) : y;
}

template <bool scaled>
void squareLengths(const Components& of, int64_t m, Room* room) {
  const int64_t width = of.width();
  for (int64_t c = 0; c < of.k; c++) {
    const float* mean = &of.means[c * width];
    const float* scale = scaled ? &of.scales[c * width] : nullptr;
    for (int64_t start = 0; start < m; start += SIDE) {
      const float* z[SIDE];
      for (int i = 0; i < SIDE; i++) z[i] = room->z.data() + std::min(start + i, m - 1) * PANEL;
      Vector sums[SIDE] = {};
      eachVector(of, m, [&](int64_t j, int64_t at) {
        for (int i = 0; i < SIDE; i++) {
          const Vector y = seen<scaled>(load(z[i] + at), mean + j, scaled ? scale + j : nullptr);
          sums[i] += y * y;
        }
      });
      for (int64_t a = start; a < std::min(m, start + SIDE); a++) {
        float square = 0;
        for (int l = 0; l < LANES; l++) square += sums[a - start][l];
        room->r[c * AT_ONCE + a] = square;
      }
    }
  }
}

// Σ r y and Σ r y² of one row.
void addScaled(const Components& of, int64_t a, int64_t m, Room* room) {
  for (int64_t c = 0; c < of.k; c++) {
    const float r = room->r[c * AT_ONCE + a];
    if (!(r > 0)) continue;
    const Vector weight = all(r);
    const float* z = room->z.data() + a * PANEL;
    eachVector(of, m, [&](int64_t j, int64_t at) {
      const int64_t place = c * of.width() + j;
      const Vector y = seen<true>(load(z + at), &of.means[place], &of.scales[place]);
      store(&room->first[place], load(&room->first[place]) + weight * y);
      store(&room->second[place], load(&room->second[place]) + weight * y * y);
    });
  }
}

// Σ r y of one row, whose √w ȳ takes its place.
void addShared(const Components& of, int64_t a, int64_t m, Room* room, Sums* sums) {
  const auto r = [&](int64_t c) -> double { return room->r[c * AT_ONCE + a]; };
  double w = 0, largest = 0;
  for (int64_t c = 0; c < of.k; c++) {
    w += r(c);
    largest = std::max(largest, r(c));
  }
  for (int64_t c = 0; largest < w && c < of.k; c++) {
    for (int64_t e = 0; r(c) > 0 && e < of.k; e++) {
      sums->spread[c * of.k + e] += c == e ? r(c) * (1 - r(c) / w) : -r(c) * r(e) / w;
    }
  }
  const Vector root = all(w > 0 ? static_cast<float>(1 / std::sqrt(w)) : 0);
  eachVector(of, m, [&](int64_t j, int64_t at) {
    float* z = room->z.data() + a * PANEL + at;
    const Vector row = load(z);
    Vector mean{};
    for (int64_t c = 0; c < of.k; c++) {
      if (!(r(c) > 0)) continue;
      const int64_t place = c * of.width() + j;
      const Vector part = all(static_cast<float>(r(c))) * seen<false>(row, &of.means[place], nullptr);
      store(&room->first[place], load(&room->first[place]) + part);
      mean += part;
    }
    store(z, mean * root);
  });
}

// Float32 sums [K, D padded] into those [K, D] of float64.
void flush(const Components& of, std::vector<float>* from, std::vector<double>* to) {
  for (int64_t c = 0; c < of.k; c++) {
    for (int64_t j = 0; j < of.d; j++) (*to)[c * of.d + j] += (*from)[c * of.width() + j];
  }
  std::fill(from->begin(), from->end(), 0.f);
}

void flushTriangle(const Components& of, Room* room, Sums* sums) {
  double* to = sums->second.data();
  for (int64_t i = 0; i < of.d; i++) {
    for (int64_t j = 0; j <= i; j++) *to++ += room->second[i * of.width() + j];
  }
  std::fill(room->second.begin(), room->second.end(), 0.f);
}

// What the rows' responsibilities are: the mixture's own, with weights [n], or given [K, n].
struct Shares {
  const double* weights;
  Given given;
};

void shareRows(const Components& of, const Shares& shares, int64_t begin, int64_t m, Room* room, Sums* sums) {
  if (shares.given.values) {
    return shares.given.from(begin).copy(of.k, m, room->r.data(), AT_ONCE, sums->totals.data());
  }
  for (int64_t a = 0; a < m; a += ROWS) {
    const int lanes = static_cast<int>(std::min<int64_t>(ROWS, m - a));
    shareOut(of, shares.weights + begin + a, lanes, &room->r[a], AT_ONCE, sums->totals.data());
  }
}

void passOver(const Components& of, const Rows& rows, const Shares& shares, int64_t begin, int64_t end, Sums* sums) {
  const bool scaled = !of.scales.empty();
  Room room(of);
  View view(rows, of.frame, scaled ? 0 : AT_ONCE);
  int64_t times = 0;
  for (int64_t start = begin; start < end; start += AT_ONCE) {
    const int64_t m = std::min(AT_ONCE, end - start);
    frame(of, rows, start, m, &view, &room);
    if (!shares.given.values) scaled ? squareLengths<true>(of, m, &room) : squareLengths<false>(of, m, &room);
    shareRows(of, shares, start, m, &room, sums);
    for (int64_t a = 0; a < m; a++) scaled ? addScaled(of, a, m, &room) : addShared(of, a, m, &room, sums);
    flush(of, &room.first, &sums->first);
    if (scaled) {
      flush(of, &room.second, &sums->second);
    } else {
      symmetricProduct(room.z.data(), m, of.d, room.second.data());
      if (++times % TIMES == 0) flushTriangle(of, &room, sums);
    }
  }
  if (!scaled) flushTriangle(of, &room, sums);
}

// What rows that belong to several components have about their ȳ.
void addSpread(const Components& of, Sums* sums) {
  std::vector<double> products(of.k * of.d);
  for (int64_t c = 0; c < of.k; c++) {
    for (int64_t e = 0; e < of.k; e++) {
      const double share = sums->spread[c * of.k + e];
      for (int64_t j = 0; j < of.d; j++) products[c * of.d + j] += share * of.means[e * of.width() + j];
    }
  }
  double* to = sums->second.data();
  for (int64_t i = 0; i < of.d; i++, to += i) {
    for (int64_t c = 0; c < of.k; c++) {
      const double mean = of.means[c * of.width() + i];
      for (int64_t j = 0; j <= i; j++) to[j] += mean * products[c * of.d + j];
    }
  }
}

std::vector<float> padded(const float* from, int64_t k, int64_t d) {
  std::vector<float> to(k * paddedTo(d));
  for (int64_t c = 0; c < k; c++) std::copy_n(from + c * d, d, &to[c * paddedTo(d)]);
  return to;
}

// Inputs:
//   x [N, D], range [2] the first row of the batch in x and how many, origin [D],
//   means [K, D]: of the data with `scales` [K, D], else in the frame of `factor` [D, D] P; the other one is [0],
//   constants [2, K], weights [2, n] or [0], given [K, n] or [0], reach []
// Outputs, float64 in two parts: totals [2, K + 1] Σ r and the log-likelihood, first [2, K D] Σ r y,
//   second [2, K D] Σ r y², or [2, (D + 1)(D + 2) / 2] the lower triangle of Σ r y yᵀ, row by row, and a row of 0: as
//   LatentMixtureRefine takes it
void pass(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), means(context, 3), scales(context, 4);
  const Input factor(context, 5), constants(context, 6), weights(context, 7), given(context, 8), reach(context, 9);
  const int64_t k = means.dim(0), d = x.dim(1), n = range.ints()[1];
  const std::vector<float> zero(d);
  Components of{k, d, constants.floats(), *reach.floats(), padded(means.floats(), k, d), {}, {}};
  const bool scaled = scales.size() > 0;
  const Triangle triangle{d};
  const auto packed = numbers(scaled ? 0 : triangle.size());
  of.frame = {triangle, 1, zero.data(), nullptr, 0, packed.get()};
  if (scaled) of.scales = padded(scales.floats(), k, d);
  if (!scaled) triangle.pack(factor.floats(), packed.get());
  const Rows rows{x.floats() + range.ints()[0] * d, origin.floats(), n, d};
  const std::vector<double> w = weightsOf(weights, n);
  const Shares shares{w.data(), Given(given, n)};
  std::vector<std::unique_ptr<Sums>> parts(threads());
  parallelIndexed(n, AT_ONCE, [&](int part, int64_t begin, int64_t end) {
    parts[part] = std::make_unique<Sums>(k, d, !scaled);
    passOver(of, rows, shares, begin, end, parts[part].get());
  });
  Sums& sums = sumOfParts(parts, {&Sums::totals, &Sums::first, &Sums::second, &Sums::spread});
  if (!scaled) addSpread(of, &sums);
  doubleOutput(context, 0, sums.totals);
  doubleOutput(context, 1, sums.first);
  doubleOutput(context, 2, sums.second);
}

}  // namespace

LATENT_KERNEL(LatentMixtureSharedPass, pass,
              {"x: float", "range: int32", "origin: float", "means: float", "scales: float", "factor: float",
               "constants: float", "weights: float", "given: float", "reach: float"},
              {"totals: float", "first: float", "second: float"})

}  // namespace latent::mixture
