import { once } from 'node:events';
import type { Server } from 'node:http';
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import { getLogger } from '@logtape/logtape';
import { createProcessAvailability, TICK_MS } from '../../lib/availability/process.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { systemTimers } from '../../lib/base/timers.ts';
import { rememberFindings } from '../../lib/doctor/remembered.ts';
import { createPresence } from '../../lib/presence/presence.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { createSweepLeader } from '../../lib/sweep/leader.ts';
import { startLeading } from '../../lib/sweep/leading.ts';
import { createApp } from '../app.ts';
import { DOCTOR_KEYS, examineAndLog, examineOnceAndLog } from '../entry/doctor-log.ts';
import { logLeaderEvent } from '../entry/leader-log.ts';
import { logPresence } from '../entry/presence-log.ts';
import { limitsOf } from '../entry/settings.ts';
import { waitsFor } from '../entry/waits.ts';
import type { Services } from '../http/env.ts';
import { createIntake } from '../http/intake.ts';
import { withSweepLeader } from '../metrics/sweep-gauge.ts';
import { loadPages } from '../pages/load.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { createTracing } from '../telemetry/tracing.ts';
import type { NodeConfig } from './config.ts';
import { startLogging } from './logging.ts';
import { createPlainListener } from './plain/listener.ts';
import { createProcessText } from './process-metrics.ts';
import { requestServices } from './request-services.ts';
import { createNodeServer } from './server.ts';
import { openStore } from './store/open-store.ts';
import { type Sweeping, startSweeping, waitUntil } from './sweep.ts';
import { isUnacknowledged } from './unacknowledged.ts';

/** How long requests in flight may take to finish after a signal to stop. */
const STOP_MILLISECONDS = 10_000;
/** How long the renewals that are only in memory may take to be stored. No holder loses its job without them. */
const FLUSH_MILLISECONDS = 5_000;
const IDLE_MILLISECONDS = 50;

/** Runs the service until a signal stops it. Throws where it cannot start. */
export async function run(config: NodeConfig): Promise<void> {
  const log = await startLogging({
    format: config['log-format'] ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    level: config['log-level'],
  });
  const logger = getLogger('dalsegno');
  const place = config.store ?? { kind: 'file', directory: config['state-dir'] };
  const opened = await openStore(place, {
    mode: config['state-mode'],
    allowNetwork: config['allow-network-file-system'],
    rememberLabels: reason =>
      logger.warn(
        'The index of the jobs is not usable, so this start or the next one reads more files: {reason}',
        { reason },
      ),
  });
  const tracing = createTracing();
  const sweeps = () => config['sweep-interval'] > 0 && (leader?.isDue() ?? true);
  const { store, memory, metrics, answer } = createTelemetry({
    store: opened.store,
    memory: createProcessMemory({ cacheBytes: config['cache-bytes'] }),
    processText: withSweepLeader(createProcessText(), sweeps),
    tracing,
    elapsedMs: () => performance.now(),
  });
  const availability = createProcessAvailability(systemClock);
  let sweeping: Sweeping | null = null;
  const leader = opened.hasMachines
    ? createSweepLeader({
        store,
        clock: systemClock,
        timers: systemTimers,
        availability,
        id: systemRandom.id(),
        name: `${hostname()}:${process.pid}`,
        mayLead: config['sweep-interval'] > 0,
        report(event) {
          logLeaderEvent(event);
          if (event.kind === 'leads') sweeping?.wake();
        },
      })
    : null;
  const limits = limitsOf({
    bodyBytes: config['max-body-bytes'],
    sheets: config['max-sheets'],
    stateBytes: config['max-state-bytes'],
    requestsInFlight: config['max-requests-in-flight'],
    bytesInFlight: config['max-bytes-in-flight'],
  });
  const repository = createRepository({
    store,
    clock: systemClock,
    random: systemRandom,
    memory,
    availability: leader?.availability ?? availability,
    alarm: setAlarm,
    limits: limits.state,
    presence: parts =>
      createPresence(parts, {
        graceMs: config['presence-grace-ms'],
        timers: systemTimers,
        report: logPresence,
      }),
    retentionDays: config['retention-days'],
    waits: waitsFor(limits.intake),
  });
  const app = createApp();
  const { verdict } = memory;
  const findings = { store, clock: systemClock, verdict, place: opened.text };
  const doctor = rememberFindings({ doctor: repository.doctor, ...findings });
  const services: Services = {
    ...repository,
    ...(opened.isToExamine ? { doctor } : {}),
    bodyLimitBytes: config['max-body-bytes'],
    intake: createIntake(limits.intake),
    access: config['access-tokens'] ?? null,
    corsOrigins: config['cors-origins'] ?? null,
    pages: await loadPages(),
    metrics,
    requestLines: log.requestLines,
    doctorKeys: DOCTOR_KEYS,
    isUnreachable: isUnacknowledged,
    disconnect,
  };
  const server = createNodeServer(
    (request, outgoing) =>
      answer(request, () => app.fetch(request, requestServices(services, outgoing))),
    {
      hostname: config.host,
      // Requests that are traced all go one way, in which each has its span.
      ...(tracing === null ? { answerPlain: createPlainListener(services) } : {}),
    },
  );
  if (opened.isToExamine) await examineOnceAndLog(doctor);
  // A signal that comes from here on stops the process when it has started.
  const signalled = Promise.race(['SIGTERM', 'SIGINT'].map(nextSignal));
  server.listen(config.port, config.host);
  await once(server, 'listening');
  availability.begin();
  const ticking = setInterval(availability.tick, TICK_MS);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${host}:${port}`;
  const { text: folder } = opened;
  logger.info(`Listening on ${url}, serving ${folder}`, { url, folder });

  // Only where a compile cache is configured. From the next start on the modules are not compiled again.
  flushCompileCache();

  // The first claim and the first list wait for their indexes. Started now, they are ready before most clients ask.
  Promise.all([repository.leases.warm(), repository.jobs.warm()]).catch((error: unknown) =>
    logger.error('Cannot index the jobs: {error}', { error }),
  );

  if (config.development) await examineAndLog(repository.doctor);
  const leading = leader === null ? null : startLeading(leader, waitUntil);
  sweeping = startSweeping(repository, {
    intervalSeconds: config['sweep-interval'],
    isDue: sweeps,
  });

  const signal = await signalled;
  logger.info(`${signal}: finishing what is in flight`, { signal });
  repository.leases.endWaits();
  // The server waits for open streams, so they end first.
  await Promise.all([repository.presence?.stop(), closeServer(server), sweeping.stop()]);
  clearInterval(ticking);
  await withinFlushTime(Promise.all([repository.flush(), leading?.stop()]));
  await store.close();
  logger.info('Stopped');
  await log.flush();
}

/** What the client has not read yet leaves memory. */
function disconnect(connection: unknown): void {
  if (connection instanceof Socket) connection.destroy();
}

/** Waits for the task, but not for a store that takes too long: the rest is lost then, as after a crash. */
async function withinFlushTime(task: Promise<unknown>): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>(end => {
    const timer = setTimeout(end, FLUSH_MILLISECONDS);
    cancel = () => clearTimeout(timer);
  });
  await Promise.race([task, late]);
  cancel();
}

/** Alone it does not keep the process alive. */
function setAlarm(milliseconds: number, task: () => Promise<void>): () => void {
  const timer = setTimeout(() => void task(), milliseconds).unref();
  return () => clearTimeout(timer);
}

/** Stops listening. Settles when every request that has begun is answered. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise(done => server.close(done));
  server.prependListener('request', (_request, response) =>
    response.setHeader('Connection', 'close'),
  );
  // A connection that is busy at the signal would be kept alive after its response.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_MILLISECONDS);
  const forced = setTimeout(() => server.closeAllConnections(), STOP_MILLISECONDS);
  await closed;
  clearInterval(idle);
  clearTimeout(forced);
}

async function nextSignal(signal: string): Promise<string> {
  await once(process, signal);
  return signal;
}
