/** Closes a switch over a union: the compiler proves that nothing gets here. */
export function unreachable(value: never): never {
  throw new TypeError(`A case was forgotten: ${JSON.stringify(value)}`);
}
