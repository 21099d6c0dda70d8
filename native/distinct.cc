// Equal rows as one: src/cluster/distinct.ts says what for, and does the same on the host.
#include <algorithm>

#include "kernel.h"

namespace latent {
namespace {

// Rows that are looked at first, evenly spread.
constexpr int64_t SAMPLE = 4096;

// Rows whose places in the table are asked for before they are looked at.
constexpr int64_t AHEAD = 16;

// Murmur3's mixing of the numbers' bits, by which they are compared: the low ones of float32 are mostly 0.
uint32_t hashOf(const int32_t* row, int64_t d) {
  uint32_t h = static_cast<uint32_t>(d);
  for (int64_t j = 0; j < d; j++) {
    const uint32_t b = static_cast<uint32_t>(row[j]) * 0xcc9e2d51u;
    h ^= (b << 15 | b >> 17) * 0x1b873593u;
    h = (h << 13 | h >> 19) * 5 + 0xe6546b64u;
  }
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h ^ h >> 16;
}

// Numbers rows by their first appearance, up to `most` of them, in a hash table with linear probing.
class Numbering {
 public:
  Numbering(int64_t d, int64_t most) : d_(d), most_(most) {
    size_t size = 1;
    while (size < static_cast<size_t>(2 * most + 2)) size *= 2;
    table_.resize(size);
    rows.reserve(most * d);
  }

  // Writes the numbers of x [n, D] to out [n]; false when there are too many.
  bool add(const int32_t* x, int64_t n, int32_t* out) {
    const size_t mask = table_.size() - 1;
    size_t places[AHEAD];
    for (int64_t start = 0; start < n; start += AHEAD) {
      const int64_t next = std::min(AHEAD, n - start);
      for (int64_t r = 0; r < next; r++) {
        places[r] = hashOf(x + (start + r) * d_, d_) & mask;
        __builtin_prefetch(&table_[places[r]]);
      }
      for (int64_t r = 0; r < next; r++) {
        const int32_t number = numberOf(x + (start + r) * d_, places[r], mask);
        if (number < 0) return false;
        out[start + r] = number;
      }
    }
    return true;
  }

  int64_t count = 0;
  std::vector<int32_t> rows;  // [count, D]

 private:
  int64_t d_, most_;
  std::vector<int32_t> table_;  // a number + 1, or 0

  // Of few numbers, sooner than a call of memcmp.
  bool equal(const int32_t* a, const int32_t* b) const {
    int64_t j = 0;
    while (j < d_ && a[j] == b[j]) j++;
    return j == d_;
  }

  // -1: there are too many.
  int32_t numberOf(const int32_t* row, size_t place, size_t mask) {
    for (; table_[place] > 0; place = (place + 1) & mask) {
      if (equal(row, &rows[(table_[place] - 1) * d_])) return table_[place] - 1;
    }
    if (count == most_) return -1;
    rows.insert(rows.end(), row, row + d_);
    table_[place] = static_cast<int32_t>(++count);
    return table_[place] - 1;
  }
};

// Whether a sample makes it likely that many rows are equal: of M rows that are as likely each, one of s has about
// s^2 / 2 M repeats where that is few.
bool repeats(const int32_t* x, int64_t n, int64_t d) {
  if (n <= SAMPLE) return true;
  std::vector<int32_t> sample(SAMPLE * d), numbers(SAMPLE);
  for (int64_t s = 0; s < SAMPLE; s++) std::copy_n(x + s * n / SAMPLE * d, d, &sample[s * d]);
  Numbering found(d, SAMPLE);
  found.add(sample.data(), SAMPLE, numbers.data());
  return SAMPLE - found.count >= std::min(SAMPLE / 2., static_cast<double>(SAMPLE) * SAMPLE / n);
}

// x [N, D] -> the distinct rows [M, D] in the order in which they first appear, and which of them each row is [N]; M is
// 0 where they are more than half of the rows, or a sample makes that likely.
void distinctRows(Context* context) {
  const Input x(context, 0);
  const int64_t n = x.dim(0), d = x.dim(1);
  const int64_t most = repeats(x.ints(), n, d) ? n / 2 : 0;
  Numbering found(d, most);
  int32_t* numbers = intOutput(context, 1, {most > 0 ? n : 0});
  const int64_t m = found.add(x.ints(), n, numbers) ? found.count : 0;
  std::memcpy(floatOutput(context, 0, {m, d}), found.rows.data(), m * d * sizeof(float));
}

}  // namespace

LATENT_KERNEL(LatentDistinctRows, distinctRows, {"x: float"}, {"rows: float", "numbers: int32"})

}  // namespace latent
