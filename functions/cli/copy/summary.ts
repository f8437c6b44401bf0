import { type CopyReport, isComplete, type Note } from '../../../lib/copy/report.ts';

/** So many of a kind are told by name. */
const MOST_TOLD = 20;

/** What a copy came to, for people. */
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
    ...told('held', report.held),
    ...told('held there', report.heldThere),
    ...told('conflict', report.conflicts),
    ...told('failed', report.failures),
    ...told('changed since', report.changedSince),
    ...told('not verified', report.unverified),
    ...(report.others ? [] : told('only at the target', report.onlyThere)),
  ];
}

function told(kind: string, notes: readonly Note[]): string[] {
  const lines = notes.slice(0, MOST_TOLD).map(({ key, reason }) => `${kind}: ${key}: ${reason}`);
  const more = notes.length - lines.length;
  return more > 0 ? [...lines, `${kind}: and ${more} more`] : lines;
}

function adviceOf(report: CopyReport): string[] {
  const { held, heldThere, conflicts, changedSince, unverified, onlyThere, stopped } = report;
  const lines: string[] = [];
  if (report.found === 0) lines.push('The source has no jobs.');
  if (stopped !== null) lines.push(`Stopped: ${stopped}`, 'Run it again to go on.');
  if (held.length > 0)
    lines.push('Held jobs stay where they are: stop their workers, or give --held.');
  if (heldThere.length > 0) {
    lines.push('Jobs that are held at the target stay as they are: stop their workers there.');
  }
  if (conflicts.length > 0) lines.push('--overwrite replaces what the target has, for good.');
  if (changedSince.length > 0) {
    lines.push(
      'Jobs changed while they were copied: stop the service and its workers, and run it again.',
    );
  }
  if (onlyThere.length > 0 && !report.others) {
    lines.push(
      'Jobs that only the target has were deleted at the source, or are its own: delete those there, or give --others.',
    );
  }
  // There a mark may be older than its job as well.
  if (report.targetIsLate && unverified.length + conflicts.length > 0) {
    lines.push('The target shows writes up to a minute late: run it again then, before all else.');
  }
  if (report.sourceIsLate) {
    lines.push(
      'The source shows writes up to a minute late: run it again a minute after the last one.',
    );
  }
  if (isComplete(report)) lines.push('Everything is copied and verified.');
  return ['', ...lines];
}
