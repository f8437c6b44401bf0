/* What the jobs of a soak are, known from their ids alone. */

export const SHEETS = 6;
/** Every so manyth job has one large output. */
const LARGE_EVERY = 12;
const LARGE_BYTES = 6_000_000;
const SMALL_BYTES = 2_000;
/** What the service keeps of an output. */
export const KEPT_BYTES = 51_200;

export function jobIdOf(nth: number): string {
  return `soak-${String(nth).padStart(5, '0')}`;
}

function numberOf(jobId: string): number {
  return Number(jobId.slice(jobId.lastIndexOf('-') + 1));
}

/** Lines that name job, sheet and place: no two outputs are the same anywhere. */
export function outputOf(jobId: string, sheet: number): string {
  const isLarge = numberOf(jobId) % LARGE_EVERY === 0 && sheet === 2;
  const bytes = isLarge ? LARGE_BYTES : SMALL_BYTES;
  const line = (nth: number) => `${jobId} sheet ${sheet} line ${String(nth).padStart(7, '0')}\n`;
  const lines = Math.ceil(bytes / line(0).length);
  return Array.from({ length: lines }, (_, nth) => line(nth)).join('');
}
