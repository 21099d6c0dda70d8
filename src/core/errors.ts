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

/**
 * What was loaded is no model of this class: another kind of file, another estimator's, a later format, or a file that
 * is broken. The message says where and what is wrong; `cause` holds the error of an IO handler that failed.
 */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError';
}
