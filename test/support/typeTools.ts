/** What the tests of types are written with. */

/** true for two types that are the same, to the last `readonly` and `?`. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** The members of a class that are public, as a plain record. */
export type Public<T> = { [K in keyof T]: T[K] };
export type WritableKeys<T> = {
  [K in keyof T]-?: T[K] extends (...args: never[]) => unknown
    ? never
    : Same<Pick<T, K>, Readonly<Pick<T, K>>> extends true
      ? never
      : K;
}[keyof T];
export type CanBeConstructed<T> = T extends abstract new (...args: never[]) => unknown ? true : false;

/** Compiles if every entry is true. */
export type Expect<T extends true[]> = T;
