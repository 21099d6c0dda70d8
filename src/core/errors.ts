/**
 * A wrong argument: a bad shape, NaN or infinity in the data, a bad or unknown option, a call after `dispose()`.
 * The message gives the cause, the value seen and what to do.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * A computation that has no answer in these numbers: a covariance that collapsed, a factorisation that failed.
 * The message names the component and the remedy.
 */
export class NumericalError extends Error {
  override readonly name = 'NumericalError';
}
