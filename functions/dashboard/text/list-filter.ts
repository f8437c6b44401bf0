/** What the list of jobs shows. Empty texts and lists stand for all. */
export interface ListFilter {
  /** Part of the id or the name. */
  readonly q: string;
  readonly status: readonly string[];
  readonly standing: readonly string[];
  readonly jobName: string;
  readonly holder: string;
  /** An ISO instant. */
  readonly updatedBefore: string;
  readonly order: 'newest' | 'oldest';
}

export const NO_FILTER: ListFilter = {
  q: '',
  status: [],
  standing: [],
  jobName: '',
  holder: '',
  updatedBefore: '',
  order: 'newest',
};

/** The filter in the query of a hash or of an address. Unknown statuses and standings stay: the service refuses them. */
export function filterFrom(params: URLSearchParams): ListFilter {
  return {
    q: params.get('q') ?? '',
    status: listIn(params, 'status'),
    standing: listIn(params, 'standing'),
    jobName: params.get('job_name') ?? '',
    holder: params.get('holder') ?? '',
    updatedBefore: instantIn(params.get('updated_before')),
    order: params.get('order') === 'oldest' ? 'oldest' : 'newest',
  };
}

/** The query of the filter. Nothing is in it that selects everything. */
export function paramsOf(filter: ListFilter): URLSearchParams {
  const params = new URLSearchParams();
  const { q, status, standing, jobName, holder, updatedBefore, order } = filter;
  if (q.trim() !== '') params.set('q', q.trim());
  if (status.length > 0) params.set('status', status.join(','));
  if (standing.length > 0) params.set('standing', standing.join(','));
  if (jobName !== '') params.set('job_name', jobName);
  if (holder !== '') params.set('holder', holder);
  if (updatedBefore !== '') params.set('updated_before', updatedBefore);
  if (order === 'oldest') params.set('order', order);
  return params;
}

/** The filter of a bulk action, as `POST /v1/bulk` reads it. */
export type BulkFilter = Readonly<Record<string, string | readonly string[] | true>>;

export function bulkFilterOf(filter: ListFilter): BulkFilter {
  if (!isNarrow(filter)) return { all: true };
  const { q, status, standing, jobName, holder, updatedBefore } = filter;
  return {
    ...(q.trim() === '' ? {} : { q: q.trim() }),
    ...(status.length === 0 ? {} : { status }),
    ...(standing.length === 0 ? {} : { standing }),
    ...(jobName === '' ? {} : { job_name: jobName }),
    ...(holder === '' ? {} : { holder }),
    ...(updatedBefore === '' ? {} : { updated_before: updatedBefore }),
  };
}

/** Whether some jobs may be left out. The order leaves none out. */
export function isNarrow(filter: ListFilter): boolean {
  return paramsOf({ ...filter, order: 'newest' }).size > 0;
}

/** The conditions in words: `status running, name contains "etl"`. Empty for a filter that selects everything. */
export function filterText(filter: ListFilter): string {
  const { q, status, standing, jobName, holder, updatedBefore } = filter;
  const parts: string[] = [];
  if (q.trim() !== '') parts.push(`id or name contains "${q.trim()}"`);
  if (status.length > 0) parts.push(`status ${status.join(' or ')}`);
  if (standing.length > 0) parts.push(`standing ${standing.join(' or ')}`);
  if (jobName !== '') parts.push(`name "${jobName}"`);
  if (holder !== '') parts.push(`holder "${holder}"`);
  if (updatedBefore !== '') parts.push(`not updated since ${updatedBefore}`);
  return parts.join(', ');
}

/** The list with the value added or removed. */
export function toggled(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter(other => other !== value) : [...values, value];
}

function listIn(params: URLSearchParams, name: string): readonly string[] {
  const values = params.getAll(name).flatMap(text => text.split(','));
  return [...new Set(values.filter(value => value !== ''))];
}

function instantIn(text: string | null): string {
  const millis = Date.parse(text ?? '');
  return Number.isNaN(millis) ? '' : new Date(millis).toISOString();
}
