import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../functions/cli/copy/summary.ts';
import { createReportBuilder } from '../../../lib/copy/report.ts';

describe('summaryOf()', () => {
  it.each(['conflicts', 'unverified'] as const)(
    'advises to wait for a late target first: %s',
    what => {
      const builder = createReportBuilder();
      builder.note(what, 'jobs/one.json', 'the reason');
      const report = builder.report({ targetIsLate: true, sourceIsLate: false, others: false });
      expect(summaryOf(report)).toContain('up to a minute late: first wait a minute');
    },
  );

  it('lists a job that is held at the target', () => {
    const builder = createReportBuilder();
    builder.note('heldThere', 'jobs/one.json', 'the reason');
    const report = builder.report({ targetIsLate: false, sourceIsLate: false, others: false });
    expect(summaryOf(report)).toContain('held there: jobs/one.json: the reason\n');
    expect(summaryOf(report)).not.toContain('Everything is copied');
  });
});
