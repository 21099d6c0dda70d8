// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix.
#pragma once

#include <vector>

#include "tridiagonal.h"

namespace latent {

// The largest eigenvalues, descending, by bisection: `from` to `to` of them, counted from the largest, 0.
std::vector<double> eigenvalues(const Tridiagonal& t, int64_t from, int64_t to);

// Their eigenvectors [k, stride], one a row, by inverse iteration; the values are given in descending order.
std::vector<double> eigenvectors(const Tridiagonal& t, const std::vector<double>& values);

}  // namespace latent
