// A symmetric matrix as Q T Qᵀ, T tridiagonal, Q a product of Householder's reflections.
#pragma once

#include <cstdint>
#include <vector>

namespace latent {

struct Tridiagonal {
  int64_t n, stride;
  std::vector<double> diagonal;     // [n]
  std::vector<double> offDiagonal;  // [n]: entry j is T(j, j - 1), the first is 0
  // H_j = I - tau_j v_j v_jᵀ acts on the first j coordinates; Q = H_{n-1} … H_2 H_1.
  std::vector<double> tau;         // [n]
  std::vector<double> reflectors;  // [n, stride]: v_j is row j, with zeros from its entry j on
};

// a [stride, stride]: a symmetric matrix with both triangles, stride = padded(n), zeros beyond n; it is overwritten.
Tridiagonal reduce(std::vector<double>& a, int64_t n);

// Makes eigenvectors of T eigenvectors of the matrix: z <- Q z for each row of z [k, stride].
void reflectBack(const Tridiagonal& t, double* z, int64_t k);

}  // namespace latent
