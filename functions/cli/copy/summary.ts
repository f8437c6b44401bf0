import { type CopyReport, isComplete, type Note } from '../../../lib/copy/report.ts';

/** The number of jobs of a kind that are listed by name. */
const MAX_LINES_PER_KIND = 20;

/** The report of a copy as text for people. */
export function summaryOf(report: CopyReport): string {
  return [...countsOf(report), ...notesOf(report), ...adviceOf(report)].join('\n');
}

function countsOf(report: CopyReport): string[] {
  const rows: readonly (readonly [name: string, value: number | string])[] = [
    ['copied', report.copied],
    ['updated', report.updated],
    ['overwritten', report.overwritten],
    ['already there', report.present],
    ['zombies', report.zombies],
    ['corrupt', report.corrupt],
    ['with leases', report.carried],
    ['held', report.held.length],
    ['held there', report.heldThere.length],
    ['conflicts', report.conflicts.length],
    ['failed', report.failures.length],
    ['changed since', report.changedSince.length],
    ['only there', report.onlyThere.length],
    ['verified', `${report.verified} of ${report.expected}`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${value}`);
}

function notesOf(report: CopyReport): string[] {
  return [
    ...linesOf('held', report.held),
    ...linesOf('held there', report.heldThere),
    ...linesOf('conflict', report.conflicts),
    ...linesOf('failed', report.failures),
    ...linesOf('changed since', report.changedSince),
    ...linesOf('not verified', report.unverified),
    ...(report.others ? [] : linesOf('only at the target', report.onlyThere)),
  ];
}

function linesOf(kind: string, notes: readonly Note[]): string[] {
  const lines = notes
    .slice(0, MAX_LINES_PER_KIND)
    .map(({ key, reason }) => `${kind}: ${key}: ${reason}`);
  const more = notes.length - lines.length;
  return more > 0 ? [...lines, `${kind}: and ${more} more`] : lines;
}

function adviceOf(report: CopyReport): string[] {
  const { held, heldThere, conflicts, changedSince, unverified, onlyThere, stopped } = report;
  const lines: string[] = [];
  if (report.found === 0) lines.push('The source has no jobs.');
  if (stopped !== null) lines.push(`Stopped: ${stopped}`, 'Run it again to continue.');
  if (held.length > 0) lines.push('Held jobs were not copied: stop their workers, or give --held.');
  if (heldThere.length > 0) {
    lines.push('Jobs that are held at the target were not changed: stop their workers there.');
  }
  if (conflicts.length > 0) lines.push('--overwrite replaces the jobs of the target permanently.');
  if (changedSince.length > 0) {
    lines.push('Jobs changed during the copy: stop the service and its workers, and run it again.');
  }
  if (onlyThere.length > 0 && !report.others) {
    lines.push(
      'Some jobs are only at the target. If they were deleted at the source, delete them at the target; if they belong to the target, give --others.',
    );
  }
  // On a late target, a copy record may also be older than its job.
  if (report.targetIsLate && unverified.length + conflicts.length > 0) {
    lines.push(
      'The target shows writes up to a minute late: first wait a minute and run it again.',
    );
  }
  if (report.sourceIsLate) {
    lines.push(
      'The source shows writes up to a minute late: run it again a minute after the last one.',
    );
  }
  if (isComplete(report)) lines.push('Everything is copied and verified.');
  return ['', ...lines];
}
