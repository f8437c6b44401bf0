import { cases } from '../support/effort.ts';

/** Writes one after the other: so many that several are within one tick of any clock of a store. */
export const WRITES = cases(30);
