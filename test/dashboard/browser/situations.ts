import type { ServiceCalls } from './service-calls.ts';

/** An integer that no double has. */
export const BIG = '1234567890123456789012345';

/** Ids that a page must show, and neither run nor follow. */
export const HOSTILE_IDS = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  'javascript:alert(3)',
  '../../v1/jobs/other?force=true#x',
  'right\u202Eto left',
  "'; DROP TABLE jobs; --",
  '%2e%2e%2f%00',
  '{{constructor.constructor("alert(4)")()}}',
  'tab\tand\nnew line',
  '\u{1F3BC} segno',
  'a'.repeat(190),
] as const;

/** A job of every status and standing that can be made within a moment. */
export async function makeJobs(service: ServiceCalls): Promise<void> {
  await service.create({ job_id: 'etl-1', total_sheets: 12 });
  await service.create({ job_id: 'etl-2', job_name: 'Weekly report', total_sheets: 4 });
  await makeFailed(service);
  await makeCompleted(service);
  await service.create({ job_id: 'stopped-1' });
  await service.call('POST', '/v1/jobs/stopped-1/pause');
  await service.create({ job_id: 'cancelled-1', job_name: 'Backfill 2019' });
  await service.call('POST', '/v1/jobs/cancelled-1/cancel');
  await service.create({ job_id: 'unleased-1', job_name: 'By hand' });
  await service.call('PUT', '/v1/jobs/unleased-1/sheets/1', { status: 'in_progress' });
  await makeHeld(service);
}

async function makeFailed(service: ServiceCalls): Promise<void> {
  await service.create({ job_id: 'billing-7', job_name: 'Billing', total_sheets: 5 });
  await service.call('PUT', '/v1/jobs/billing-7/sheets/1', { status: 'completed' });
  await service.call('PUT', '/v1/jobs/billing-7/sheets/2', { status: 'in_progress' });
  await service.call('PUT', '/v1/jobs/billing-7/sheets/2', {
    status: 'failed',
    error_message: 'Connection to the ledger refused',
    error_type: 'transient',
    exit_code: 1,
    stderr: 'connect ECONNREFUSED\nat tcp://ledger:5432\n',
  });
  const error_message = 'The ledger is gone';
  await service.call('POST', '/v1/jobs/billing-7/fail', { error_message });
}

async function makeCompleted(service: ServiceCalls): Promise<void> {
  await service.create({ job_id: 'done-1', job_name: 'Thumbnails', total_sheets: 2 });
  for (const sheet of [1, 2]) {
    await service.call('PUT', `/v1/jobs/done-1/sheets/${sheet}`, {
      status: 'completed',
      execution_duration_seconds: sheet * 1.5,
      stdout: `made ${sheet * 40} pictures\n`,
    });
  }
}

async function makeHeld(service: ServiceCalls): Promise<void> {
  const config = `{"job_id": "held-1", "job_name": "Model training", "total_sheets": 40,
    "config_snapshot": {"seed": ${BIG}, "rate": 0.10}}`;
  await service.call('POST', '/v1/jobs', config);
  const lease = await service.acquire('held-1', { holder: 'trainer-2', ttl_seconds: 600 });
  for (let sheet = 1; sheet <= 17; sheet += 1) {
    await service.call(
      'PUT',
      `/v1/jobs/held-1/sheets/${sheet}`,
      { status: 'completed', execution_duration_seconds: sheet },
      lease,
    );
  }
  await service.call('PUT', '/v1/jobs/held-1/sheets/18', { status: 'in_progress' }, lease);
  await service.call('PUT', '/v1/jobs/held-1/lease', { progress: { epoch: 3, loss: 0.25 } }, lease);
}
