// Bisection by Sturm's counts, one eigenvalue a lane; and inverse iteration with as many at once.
//
// Golub and Van Loan, Matrix Computations, 8.4.1 and 8.2.2; LAPACK's stebz and stein.
#include "spectrum.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "doubles.h"

namespace latent {
namespace {

// Vectors of eigenvalues that are counted side by side, while the division of one waits for that of the last row.
constexpr int SIDE = 4;
constexpr int64_t GROUP = SIDE * WIDTH;
// Halvings that take an interval of 2 |T| to less than |T| ε.
constexpr int HALVINGS = 54;
constexpr int ITERATIONS = 3;
// Vectors of eigenvalues nearer than this share of |T| are made orthogonal; others are so to ε / 1e-6.
constexpr double NEAR = 1e-6;

// |T| in the infinity norm, Gershgorin's bound of the eigenvalues' magnitude.
double normOf(const Tridiagonal& t) {
  double largest = 0;
  for (int64_t i = 0; i < t.n; i++) {
    const double next = i + 1 < t.n ? std::fabs(t.offDiagonal[i + 1]) : 0;
    largest = std::max(largest, std::fabs(t.diagonal[i]) + std::fabs(t.offDiagonal[i]) + next);
  }
  return largest;
}

// How many eigenvalues are below x, for each lane. `squares` [n] are those off the diagonal, none 0: a pivot of 0 is then
// followed by one of -∞, and nothing is 0 / 0.
void countBelow(const Tridiagonal& t, const double* squares, const Doubles* x, Doubles* below) {
  Doubles pivot[SIDE], count[SIDE] = {};
  for (int s = 0; s < SIDE; s++) pivot[s] = allDoubles(1);
  for (int64_t i = 0; i < t.n; i++) {
    const Doubles diagonal = allDoubles(t.diagonal[i]), square = allDoubles(squares[i]);
#pragma GCC unroll 4
    for (int s = 0; s < SIDE; s++) {
      pivot[s] = diagonal - x[s] - square / pivot[s];
      count[s] += pivot[s] < 0.0 ? allDoubles(1) : Doubles{};
    }
  }
  std::copy(count, count + SIDE, below);
}

// The eigenvalues of rank `first` on, counted from the largest, a lane each.
void bisect(const Tridiagonal& t, const double* squares, double bound, int64_t first, double* values) {
  Doubles low[SIDE], high[SIDE], smaller[SIDE], middle[SIDE], below[SIDE];
  for (int64_t at = 0; at < GROUP; at++) smaller[at / WIDTH][at % WIDTH] = t.n - 1 - std::min(first + at, t.n - 1);
  for (int s = 0; s < SIDE; s++) {
    low[s] = allDoubles(-bound);
    high[s] = allDoubles(bound);
  }
  for (int step = 0; step < HALVINGS; step++) {
    for (int s = 0; s < SIDE; s++) middle[s] = (low[s] + high[s]) / 2;
    countBelow(t, squares, middle, below);
    for (int s = 0; s < SIDE; s++) {
      const auto above = below[s] <= smaller[s];
      low[s] = above ? middle[s] : low[s];
      high[s] = above ? high[s] : middle[s];
    }
  }
  for (int64_t at = 0; at < GROUP; at++) values[at] = (low[at / WIDTH][at % WIDTH] + high[at / WIDTH][at % WIDTH]) / 2;
}

}  // namespace

std::vector<double> eigenvalues(const Tridiagonal& t, int64_t from, int64_t to) {
  std::vector<double> squares(t.n);
  for (int64_t i = 0; i < t.n; i++) squares[i] = std::max(DBL_MIN, t.offDiagonal[i] * t.offDiagonal[i]);
  squares[0] = DBL_MIN;
  const double bound = normOf(t) * (1 + t.n * DBL_EPSILON);
  const int64_t groups = (to - from + GROUP - 1) / GROUP;
  std::vector<double> values(groups * GROUP);
  parallel(groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; g++) bisect(t, squares.data(), bound, from + g * GROUP, &values[g * GROUP]);
  });
  values.resize(to - from);
  return values;
}

namespace {

// U of T - λ = P L U with two diagonals above it, the pivots inverted, and a right side on which L has been applied.
struct Factor {
  explicit Factor(int64_t n) : inverse(n), first(n), second(n), y(n) {}
  std::vector<Doubles> inverse, first, second, y;  // [n] of WIDTH eigenvalues
};

Doubles magnitude(Doubles x) { return x < 0.0 ? -x : x; }

// Gaussian elimination with partial pivoting of T - λ and of y at once.
void eliminate(const Tridiagonal& t, Doubles lambda, double smallest, Factor& f) {
  const auto entry = [&](const std::vector<double>& values, int64_t i) {
    return allDoubles(i < t.n ? values[i] : 0);
  };
  Doubles pivot = entry(t.diagonal, 0) - lambda, above = entry(t.offDiagonal, 1);
  for (int64_t i = 0; i < t.n; i++) {
    const Doubles below = entry(t.offDiagonal, i + 1);
    const Doubles next = entry(t.diagonal, i + 1) - lambda, nextAbove = entry(t.offDiagonal, i + 2);
    const auto swapped = magnitude(below) > magnitude(pivot);
    Doubles chosen = swapped ? below : pivot;
    chosen = magnitude(chosen) < smallest ? allDoubles(smallest) : chosen;
    f.inverse[i] = 1 / chosen;
    const Doubles factor = (swapped ? pivot : below) * f.inverse[i];
    f.first[i] = swapped ? next : above;
    f.second[i] = swapped ? nextAbove : Doubles{};
    pivot = (swapped ? above : next) - factor * f.first[i];
    above = swapped ? -factor * nextAbove : nextAbove;
    if (i + 1 == t.n) return;
    const Doubles y = f.y[i], nextY = f.y[i + 1];
    f.y[i] = swapped ? nextY : y;
    f.y[i + 1] = (swapped ? y : nextY) - factor * f.y[i];
  }
}

// Solves U x = y into y, and returns |x|².
Doubles substitute(Factor& f) {
  Doubles squares = {}, last = {}, beforeLast = {};
  for (int64_t i = f.y.size() - 1; i >= 0; i--) {
    const Doubles x = (f.y[i] - f.first[i] * last - f.second[i] * beforeLast) * f.inverse[i];
    squares += x * x;
    beforeLast = last;
    f.y[i] = last = x;
  }
  return squares;
}

// One step of inverse iteration for WIDTH rows of z, fewer at the end.
void improve(const Tridiagonal& t, const double* values, int64_t count, double smallest, Factor& f, double* z) {
  Doubles lambda;
  for (int lane = 0; lane < WIDTH; lane++) lambda[lane] = values[std::min<int64_t>(lane, count - 1)];
  for (int64_t i = 0; i < t.n; i++) {
    for (int lane = 0; lane < WIDTH; lane++) f.y[i][lane] = z[std::min<int64_t>(lane, count - 1) * t.stride + i];
  }
  eliminate(t, lambda, smallest, f);
  const Doubles squares = substitute(f);
  for (int64_t lane = 0; lane < count; lane++) {
    const double scale = 1 / std::sqrt(squares[lane]);
    for (int64_t i = 0; i < t.n; i++) z[lane * t.stride + i] = f.y[i][lane] * scale;
  }
}

// Makes rows [k, stride] orthonormal, each against those before it: Gram and Schmidt's, twice.
void orthonormalize(double* z, int64_t k, int64_t stride) {
  for (int64_t row = 0; row < k; row++) {
    double* x = z + row * stride;
    for (int64_t other = 0; other < 2 * row; other++) {
      const double* y = z + other % row * stride;
      const Doubles along = allDoubles(dot(x, y, stride));
      for (int64_t i = 0; i < stride; i += WIDTH) storeDoubles(x + i, loadDoubles(x + i) - along * loadDoubles(y + i));
    }
    const Doubles scale = allDoubles(1 / std::sqrt(dot(x, x, stride)));
    for (int64_t i = 0; i < stride; i += WIDTH) storeDoubles(x + i, loadDoubles(x + i) * scale);
  }
}

// Where clusters of near eigenvalues begin, and the end.
std::vector<int64_t> clusterStarts(const std::vector<double>& values, double near) {
  std::vector<int64_t> starts;
  for (size_t i = 0; i < values.size(); i++) {
    if (i == 0 || values[i - 1] - values[i] > near) starts.push_back(i);
  }
  starts.push_back(values.size());
  return starts;
}

// Numbers in (-1, 1), the same in every run: no eigenvector is orthogonal to them by its structure.
void fillRandom(double* z, int64_t n, uint64_t state) {
  for (int64_t i = 0; i < n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    z[i] = static_cast<double>(static_cast<int64_t>(state) >> 11) / (int64_t{1} << 52);
  }
}

}  // namespace

std::vector<double> eigenvectors(const Tridiagonal& t, const std::vector<double>& values) {
  const int64_t k = values.size();
  std::vector<double> z(k * t.stride);
  for (int64_t row = 0; row < k; row++) fillRandom(&z[row * t.stride], t.n, row + 1);
  const double norm = normOf(t), smallest = std::max(1e-100, norm * DBL_EPSILON);
  const std::vector<int64_t> starts = clusterStarts(values, norm * NEAR);
  for (int iteration = 0; iteration < ITERATIONS; iteration++) {
    parallel(k, WIDTH, [&](int64_t begin, int64_t end) {
      Factor factor(t.n);
      for (int64_t row = begin; row < end; row += WIDTH) {
        improve(t, &values[row], std::min<int64_t>(WIDTH, end - row), smallest, factor, &z[row * t.stride]);
      }
    });
    parallel(starts.size() - 1, 1, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        if (starts[c + 1] - starts[c] == 1) continue;
        orthonormalize(&z[starts[c] * t.stride], starts[c + 1] - starts[c], t.stride);
      }
    });
  }
  return z;
}

}  // namespace latent
