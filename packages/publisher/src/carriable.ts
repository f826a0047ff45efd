import type { SeiPublisherOptions } from "./publisher-options.ts";

/** Objects that are not plain data: `publish` refuses them. */
type Foreign =
  | Date
  | RegExp
  | Error
  | Promise<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<object, unknown>
  | WeakSet<object>
  | ArrayBuffer
  | SharedArrayBuffer
  | DataView
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | ((...args: never[]) => unknown);

/**
 * `T` where a message can carry it: null, booleans, numbers, bigints, strings, `Uint8Array`, and arrays and plain objects
 * of these. Members that may be undefined are left out then. What cannot be carried becomes `never`: a `Date` is sent as
 * `date.toISOString()` or as a number.
 */
export type Carriable<T> = unknown extends T
  ? T
  : T extends string | number | bigint | boolean | null | undefined | Uint8Array
    ? T
    : T extends Foreign
      ? never
      : T extends object
        ? { [Name in keyof T]: Carriable<T[Name]> }
        : never;

/** What a publisher of `T` is made with: a value that no message can carry is refused when the program is compiled. */
export type SeiPublisherArguments<T> = [T] extends [Carriable<T>]
  ? [options?: SeiPublisherOptions]
  : [refused: "T has members that no message can carry, such as a Date: see Carriable"];
