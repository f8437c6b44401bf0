import { holdJob, inLanes, NO_SHEETS } from '../jobs/lease-jobs.ts';
import type { Figure, Pace } from '../measure/figure.ts';
import { type CountedService, openCountedService } from './counted-service.ts';
import { seriesOf } from './series.ts';

const SIDE_BY_SIDE = 16;

/** A sweep and a heartbeat, by the number of leases that are held. */
export async function* growthOfLeases(folder: string, pace: Pace): AsyncIterable<Figure> {
  const counts = pace.kind === 'quick' ? [10, 100, 1000] : [10, 100, 1000, 10_000];
  const opened: { count: number; service: CountedService; token: string }[] = [];
  for (const count of counts) {
    const service = await openCountedService(`${folder}/${count}`);
    const ids = Array.from({ length: count }, (_, nth) => `held-${nth}`);
    const grants = await inLanes(ids, SIDE_BY_SIDE, id =>
      holdJob(service.repository, id, NO_SHEETS),
    );
    opened.push({ count, service, token: grants[0]?.token ?? '' });
  }
  const sweeps = opened.map(({ count, service }) =>
    service.step(count, () => service.ask('POST', '/v1/sweep')),
  );
  yield await seriesOf('leases: sweep', { steps: sweeps, expected: 'grows', pace });
  const beats = opened.map(({ count, service, token }) =>
    service.step(count, () =>
      service.ask('PUT', '/v1/jobs/held-0/lease', {
        json: {},
        headers: { 'Lease-Token': token },
      }),
    ),
  );
  yield await seriesOf('leases: PUT lease', { steps: beats, expected: 'flat', pace });
  for (const { service } of opened) await service.close();
}
