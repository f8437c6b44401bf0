/** A partial state that a job can be made of; what a test does not care about has a value. */
export function aState(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { job_id: 'job-1', job_name: 'A job', total_sheets: 3, ...overrides };
}
