import { unreachable } from '../../lib/base/unreachable.ts';
import type { News } from './news.ts';
import type { Plan } from './plan.ts';
import { barOf, type Terminal, type TimelineLine } from './terminal.ts';
import type { ToldEvent } from './worker-message.ts';

/** Shows what the workers tell, line by line. */
export interface Reporter {
  report(atMs: number, news: News): void;
}

const BAR_CELLS = 14;

export function createReporter(terminal: Terminal, plan: Plan): Reporter {
  const packages = new Map(plan.jobs.map(({ jobId, packageName }) => [jobId, packageName]));
  const done = new Map<string, number>();

  function said(event: ToldEvent): Pick<TimelineLine, 'text' | 'tone'> | null {
    const name = nameOf(event);
    switch (event.type) {
      case 'claimed':
        return { text: `${name} claimed, goes on from sheet ${event.nextSheet}` };
      case 'sheet-completed': {
        const [completed, total] = event.progress;
        const bar = barOf(completed, total, BAR_CELLS);
        return { text: `${name} sheet ${String(event.sheet).padStart(2)} completed  ${bar}` };
      }
      case 'sheet-failed':
        return { text: `${name} sheet ${event.sheet} failed: ${event.error}`, tone: 'bad' };
      case 'lost':
        return { text: `${name} lost (${event.by})`, tone: 'bad' };
      case 'released':
        return { text: `${name} released` };
      case 'finished':
        return { text: `${name} ${event.status}`, tone: 'good' };
      case 'error':
        return { text: `${name} trouble with a ${event.during}: ${event.error}`, tone: 'quiet' };
      case 'uncertain':
        return { text: `${name} uncertain since ${event.since}`, tone: 'quiet' };
      case 'certain':
      case 'unreachable':
      case 'reachable':
      case 'idle':
      case 'presence':
      case 'renewed':
      case 'requested':
      case 'sheet-started':
      case 'stopping':
      case 'stopped':
        return null;
      default:
        return unreachable(event);
    }
  }

  function nameOf(event: ToldEvent): string {
    const jobId = 'jobId' in event ? event.jobId : undefined;
    return (packages.get(jobId ?? '') ?? '').padEnd(10);
  }

  return {
    report(atMs, { holder, ...news }) {
      if (news.kind !== 'event') return;
      const { event } = news;
      const line = said(event);
      const epoch = 'epoch' in event && event.epoch !== undefined ? { epoch: event.epoch } : {};
      if (line !== null) terminal.line({ atMs, holder, ...epoch, ...line });
      if (event.type !== 'sheet-completed') return;
      done.set(event.jobId, event.progress[0]);
      const all = [...done.values()].reduce((sum, count) => sum + count, 0);
      terminal.progress(all, plan.totalSheets);
    },
  };
}
