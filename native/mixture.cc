// A Gaussian mixture's pass over a batch of rows, for a covariance of each component's own: the E-step, and
// the sums that the M-step needs, in the components' frames.
//
//     y_k = (x - μ_k) P_k,   log p_k = c_k - |y_k|²/2,   r_k = w p_k / Σ p   ->   Σ r,   Σ r y,   Σ r y yᵀ
//
// P_k is upper triangular, so the first j columns of y_k need the first j features only, and their squares
// already bound log p_k from above. A row is evaluated in full for the component that won it last time, and
// for the others as far as its bound stays within `reach` of that: responsibilities below e^-reach are none.
// Rows are taken in the order of that component, so that they need no gathering again for the sums.
#include <cmath>
#include <limits>

#include "few.h"
#include "moments.h"
#include "responsibilities.h"

namespace latent::mixture {
namespace {

// Rows that are worth a thread.
constexpr int64_t GRAIN = 256;
constexpr double NEVER = -std::numeric_limits<double>::infinity();

// A batch, and what is known of it so far.
struct Batch {
  const Rows& rows;
  const Mixture& mixture;
  std::vector<double> densities;  // [n, K] log p, NEVER where a component was left out; then r
  std::vector<double> totals;     // [n] log Σ p
};

// Rows whose leading columns stay in the cache for all components.
constexpr int64_t NEAR = 512;

// For rows `begin` to `end`, all components but the one that was seen; each as long as its bound is near.
void seeOthers(Batch* batch, const int32_t* last, int64_t begin, int64_t end) {
  const Mixture& mixture = batch->mixture;
  const int64_t k = mixture.k;
  double* densities = batch->densities.data();
  View view(batch->rows, mixture, std::min(NEAR, end - begin));
  for (int64_t start = begin; start < end; start += NEAR) {
    for (int64_t c = 0; c < k; c++) {
      const double constant = mixture.constant(c);
      view.clear();
      for (int64_t i = start; i < std::min(end, start + NEAR); i++) {
        if (last[i] != c) view.add(i);
      }
      for (int64_t t = 0; t < mixture.panels() && view.size() > 0; t++) {
        view.panel(c, t, nullptr);
        view.keep([&](int32_t i, double square) {
          return !(constant - square / 2 < densities[i * k + last[i]] - mixture.reach);
        });
      }
      for (int64_t a = 0; a < view.size(); a++) {
        densities[view.row(a) * k + c] = constant - view.square(a) / 2;
      }
    }
  }
}

// From log densities to responsibilities.
void normalize(Batch* batch, const double* weights, int32_t* winners, int64_t begin, int64_t end) {
  const int64_t k = batch->mixture.k;
  for (int64_t i = begin; i < end; i++) {
    double* p = &batch->densities[i * k];
    winners[i] = std::max_element(p, p + k) - p;
    batch->totals[i] = share(p, k, winners[i], weights[i], batch->mixture.reach);
  }
}

// The component whose leading columns leave the most, where no pass was before this one.
std::vector<int32_t> likeliest(const Rows& rows, const Mixture& mixture) {
  std::vector<int32_t> best(rows.n);
  parallel(rows.n, GRAIN, [&](int64_t begin, int64_t end) {
    View view(rows, mixture, std::min(NEAR, end - begin));
    for (int64_t start = begin; start < end; start += NEAR) {
      std::vector<double> highest(NEAR, NEVER);
      for (int64_t c = 0; c < mixture.k; c++) {
        view.clear();
        for (int64_t i = start; i < std::min(end, start + NEAR); i++) view.add(i);
        view.panel(c, 0, nullptr);
        for (int64_t a = 0; a < view.size(); a++) {
          const double density = mixture.constant(c) - view.square(a) / 2;
          if (!(density > highest[a])) continue;
          highest[a] = density;
          best[start + a] = c;
        }
      }
    }
  });
  return best;
}

// Scales what was seen by the roots of the responsibilities; most of them are 1.
void scaleSeen(const std::vector<Block>& blocks, const Batch& batch) {
  const auto& mixture = batch.mixture;
  parallel(blocks.size(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      for (int64_t a = 0; a < blocks[b].m; a++) {
        const float root = std::sqrt(batch.densities[blocks[b].rows[a] * mixture.k + blocks[b].c]);
        if (root != 1) scale(blocks[b], a, mixture.d, root);
      }
    }
  });
}

// What a batch adds to.
struct Sums {
  Moments moments;
  std::vector<double> totals;  // [K + 1] Σ r, then Σ w log Σ p
};

// By the mixture's own responsibilities.
void addOwn(const Rows& rows, const Mixture& mixture, const int32_t* last, const double* weights,
            int32_t* winners, Sums* sums) {
  const int64_t n = rows.n;
  const int64_t k = mixture.k;
  Batch batch{rows, mixture, std::vector<double>(n * k, NEVER), std::vector<double>(n)};
  const auto y = numbers(n * widePanels(mixture.d) * PANEL);
  const Groups groups = groupsOf(last, n, k);
  const auto blocks = blocksOf(groups, 0, n, mixture.d, y.get());
  see(blocks, rows, mixture, batch.densities.data());
  parallel(n, GRAIN, [&](int64_t begin, int64_t end) {
    seeOthers(&batch, last, begin, end);
    normalize(&batch, weights, winners, begin, end);
  });
  scaleSeen(blocks, batch);
  const auto r = [&](int64_t i, int64_t c) { return batch.densities[i * k + c]; };
  const Shares others = sharesOf(n, k, [&](int64_t i, int64_t c) { return last[i] == c ? 0 : r(i, c); });
  addShares(blocks, others, rows, mixture, roomFor(others, n / 4), sums->moments);
  for (int64_t i = 0; i < n; i++) {
    for (int64_t c = 0; c < k; c++) sums->totals[c] += r(i, c);
    sums->totals[k] += batch.totals[i] * weights[i];
  }
}

// By given responsibilities.
void addGiven(const Rows& rows, const Mixture& mixture, const Given& given, Sums* sums) {
  const Shares shares = sharesOf(rows.n, mixture.k, [&](int64_t i, int64_t c) { return given.of(i, c); });
  addShares({}, shares, rows, mixture, roomFor(shares, rows.n), sums->moments);
  for (int64_t c = 0; c < mixture.k; c++) {
    for (int64_t i = 0; i < rows.n; i++) sums->totals[c] += given.of(i, c);
  }
}

// Rows that are taken at once for each thread: they are held as seen from their components.
constexpr int64_t HELD = 1024;

// Who won each of n rows the last time; -1 where there was none.
std::vector<int32_t> guessed(const Rows& rows, const Mixture& mixture, const int32_t* last) {
  return last[0] < 0 ? likeliest(rows, mixture) : std::vector<int32_t>(last, last + rows.n);
}

// Inputs:
//   x [N, D], range [4] the first row of the batch in x, how many, whether the sums begin with it, and whether features are few,
//   origin [D],
//   means [K, D], factors [K, ..] P as LatentMixtureFactors packs it, constants [2, K], weights [2, n] or [0], given [K, n] or [0], reach [],
//   last [n] (or [0], with `given` and of few features), changed in place: who won each row, -1 before the first pass
//   sums [K, (D + 1)(D + 2) / 2, 2], to which the batch's are added in place: float64, as they lie in memory
// Outputs: totals [2, K + 1] of the batch: Σ r of each component, the log-likelihood.
void pass(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), means(context, 3), factors(context, 4);
  const Input constants(context, 5), weights(context, 6), given(context, 7), reach(context, 8);
  const Input last(context, 9), total(context, 10);
  const int64_t first = range.ints()[0];
  const int64_t n = range.ints()[1];
  const int64_t d = x.dim(1);
  const int64_t k = means.dim(0);
  const auto w = weightsOf(weights, n);
  const Given instead(given, n);
  const Mixture mixture{{d}, k, means.floats(), constants.floats(), *reach.floats(), factors.floats()};
  Sums sums{{k, d, total.doubles()}, std::vector<double>(k + 1)};
  if (range.ints()[2] != 0) std::fill_n(sums.moments.sums, k * sums.moments.size(), 0.);
  if (range.ints()[3] != 0) {
    const FewComponents components(mixture);
    const FewSums found = passOfFew({x.floats() + first * d, origin.floats(), n, d}, components, w.data(), instead);
    for (size_t at = 0; at < found.moments.size(); at++) sums.moments.sums[at] += found.moments[at];
    return doubleOutput(context, 0, found.totals);
  }
  const int64_t held = HELD * threads();
  for (int64_t start = 0; start < n; start += held) {
    const Rows rows{x.floats() + (first + start) * d, origin.floats(), std::min(held, n - start), d};
    if (instead.values) {
      addGiven(rows, mixture, instead.from(start), &sums);
      continue;
    }
    int32_t* winners = last.ints() + start;
    const auto before = guessed(rows, mixture, winners);
    addOwn(rows, mixture, before.data(), w.data() + start, winners, &sums);
  }
  doubleOutput(context, 0, sums.totals);
}

}  // namespace

LATENT_KERNEL(LatentMixturePass, pass,
              {"x: float", "range: int32", "origin: float", "means: float", "factors: float",
               "constants: float", "weights: float", "given: float", "reach: float", "last: int32",
               "sums: float"},
              {"totals: float"})

}  // namespace latent::mixture
