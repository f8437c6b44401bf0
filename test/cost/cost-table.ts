import { renewAfterMs } from '../../lib/lease/rules.ts';
import { type Bill, billOf, dollars, sum, times } from './bill.ts';
import { LARGE_OPERATIONS, OPERATIONS, type RequestName } from './operations.ts';

export const COST_MARKERS = { begin: '<!-- r2-cost:begin -->', end: '<!-- r2-cost:end -->' };

const MILLION = 1_000_000;
const SHEETS = 10;
const RUNNING = 10_000;
const HOURS = 30 * 24;
const MONTH_SECONDS = HOURS * 3_600;
const SWEEPS = HOURS * 60;
const DYING_AN_HOUR = 100;
/** As of 10,000 running jobs, were a page 1,000 objects long. */
const SWEEP_OF_FULL_PAGES = '2 get sweep, 10 list leases, 2 list jobs, put sweep';

/** What stands between the markers: what a request asks for, and what that comes to. */
export function costTables(): string {
  return `${requestTable()}\n\n${usageTable()}`;
}

function requestTable(): string {
  const rows = [
    ...Object.entries(OPERATIONS).map(([name, { warm }]) => requestRow(name, warm)),
    ...Object.entries(LARGE_OPERATIONS).map(([name, operations]) => requestRow(name, operations)),
  ];
  return [
    '| a request | class A | class B | deletes | a million of them |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function requestRow(name: string, operations: string): string {
  const bill = billOf(operations);
  const counts = [bill.classA, bill.classB, bill.deletes].join(' | ');
  return `| ${name} | ${counts} | ${money(times(bill, MILLION))} |`;
}

function usageTable(): string {
  const sweeps = times(billOf(LARGE_OPERATIONS['sweep on time of 10,000 running jobs']), SWEEPS);
  const fullPages = times(billOf(SWEEP_OF_FULL_PAGES), SWEEPS);
  // Each call that finds a dead one writes first that it is under way; so many an hour are in nearly every call.
  const underWay = times(billOf('put sweep'), SWEEPS);
  const recoveries = times(recovery(), DYING_AN_HOUR * HOURS);
  return [
    '| usage | class A | class B | costs |',
    '|---|---|---|---|',
    usageRow('a million updates', times(of('update completed'), MILLION)),
    usageRow(
      'a million sheets, each updated `in_progress` and `completed`',
      times(sheet(), MILLION),
    ),
    usageRow('a million heartbeats', times(of('heartbeat'), MILLION)),
    usageRow(
      'a million heartbeats, 100 in a request',
      times(of('100 heartbeats in one request'), MILLION / 100),
    ),
    usageRow(
      `a million jobs of ${SHEETS} sheets, created, claimed and run to the end, without heartbeats`,
      times(job(), MILLION),
    ),
    usageRow(
      'a month of heartbeats of 10,000 jobs, with a ttl of 60 s',
      times(of('heartbeat'), heartbeatsInAMonth(60)),
    ),
    usageRow(
      'a month of heartbeats of 10,000 jobs, with a ttl of an hour',
      times(of('heartbeat'), heartbeatsInAMonth(3_600)),
    ),
    usageRow('a month of sweeps, every minute, 10,000 jobs running, none dies', sweeps),
    usageRow('the same, were every page 1,000 objects long', fullPages),
    usageRow(
      `the first of these, where ${DYING_AN_HOUR} of the 10,000 die every hour`,
      sum([sweeps, underWay, recoveries]),
    ),
  ].join('\n');
}

function usageRow(name: string, bill: Bill): string {
  return `| ${name} | ${inMillions(bill.classA)} | ${inMillions(bill.classB)} | ${money(bill)} |`;
}

function of(name: RequestName): Bill {
  return billOf(OPERATIONS[name].warm);
}

function sheet(): Bill {
  return sum([of('update in_progress'), of('update completed')]);
}

function job(): Bill {
  return sum([
    of('create'),
    of('claim'),
    times(sheet(), SHEETS - 1),
    of('update in_progress'),
    of('update of the last sheet'),
  ]);
}

/** Of holders that renew as they are told to. */
function heartbeatsInAMonth(ttlSeconds: number): number {
  const everyMs = renewAfterMs({ ttl_seconds: ttlSeconds });
  return (RUNNING * MONTH_SECONDS * 1_000) / everyMs;
}

/** What one dead holder adds to a sweep. */
function recovery(): Bill {
  const three = of('sweep of 10 running jobs, 3 dead');
  const none = of('sweep of 10 running jobs');
  return times(sum([three, times(none, -1)]), 1 / 3);
}

function money(bill: Bill): string {
  return `$${dollars(bill).toFixed(2)}`;
}

function inMillions(count: number): string {
  return `${Number((count / MILLION).toFixed(3))} M`;
}
