import { describe, expect, it } from 'vitest';
import { parseMetrics, valueOf } from '../telemetry/prometheus-text.ts';
import { launchForFile } from './service.ts';

const service = await launchForFile();

describe('/metrics of a process on Node', () => {
  it('has requests, operations of the file store and the process itself', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const body = '{"job_id": "job-1", "job_name": "x", "total_sheets": 1}';
    const created = await fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body });
    expect(created.status).toBe(201);
    await (await fetch(`${service.url}/metrics`)).text();
    const scraped = await fetch(`${service.url}/metrics`);
    const metrics = parseMetrics(await scraped.text());
    const requests = 'dalsegno_http_requests_total';
    expect(valueOf(metrics, requests, { method: 'POST', status: '201' })).toBe(1);
    expect(valueOf(metrics, requests, { route: '/metrics' })).toBe(1);
    const puts = { operation: 'put', result: 'done' };
    expect(valueOf(metrics, 'dalsegno_store_operations_total', puts)).toBeGreaterThan(0);
    expect(valueOf(metrics, 'dalsegno_sweep_leader')).toBe(1);
    expect(valueOf(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(20_000_000);
    expect(valueOf(metrics, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(valueOf(metrics, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });
});
