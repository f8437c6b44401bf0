/** Where the service keeps a job: its id may hold any character. */
export function jobPath(jobId: string, rest = ''): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}${rest}`;
}
