import { spreadOf } from '../measure/spread.ts';
import type { Run, RunFigure } from './run-file.ts';

/** A figure for tests of what is made of figures. */
export function aFigure(more: Partial<RunFigure> = {}): RunFigure {
  const value = more.value ?? 0.8;
  return {
    section: 'get',
    name: 'GET, 32 connections, 14 KB',
    against: 'bare Hono',
    runtime: 'node',
    unit: 'ratio',
    spread: spreadOf([value]),
    goal: { atLeast: 0.75 },
    cpuRatio: null,
    own: null,
    other: null,
    points: [],
    ...more,
    value,
  };
}

export function aRun(figures: readonly RunFigure[]): Run {
  return {
    format: 1,
    date: '2026-01-02T03:04:05.678Z',
    seconds: 60,
    commit: 'abc1234',
    machine: { cores: 2, model: 'A processor', memoryBytes: 2 ** 33, system: 'linux x64 6.1' },
    versions: { dalsegno: '0.1.0', node: '24.0.0' },
    pace: { kind: 'full', rounds: 7, millis: 300 },
    figures: [...figures],
  };
}
