import type { CountedService } from './counted-service.ts';

/** Claims a job, of one name or of any, and releases it. */
export async function claimAndRelease(service: CountedService, jobName?: string): Promise<void> {
  const json = { holder: 'bench', ttl_seconds: 3600, job_name: jobName };
  const grant = await service.ask('POST', '/v1/claims', { json });
  const jobId = /"job_id":"([^"]+)"/.exec(grant)?.[1];
  const token = /"token":"([^"]+)"/.exec(grant)?.[1];
  if (jobId === undefined || token === undefined)
    throw new Error('The bench ran out of jobs that wait');
  const headers = { 'Lease-Token': token };
  await service.ask('DELETE', `/v1/jobs/${jobId}/lease`, { headers });
}
