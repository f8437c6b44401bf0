/** The part of the package that the lock uses. */
declare module 'fs-native-extensions' {
  /** Takes an exclusive advisory lock on a range of bytes. False while another open file holds it. */
  export function tryLock(fd: number, offset?: number, length?: number): boolean;
  export function unlock(fd: number, offset?: number, length?: number): void;
}
