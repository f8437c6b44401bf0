import { useEffect, useMemo, useState } from 'preact/hooks';
import { OperationView, Prose } from '../parts/api/operation-view.tsx';
import { Fault } from '../parts/fault.tsx';
import { Icon } from '../parts/icon.tsx';
import { addressOf, callFor } from '../state/call.ts';
import { ProblemError } from '../state/call-error.ts';
import { replaceRoute } from '../state/navigation.ts';
import { amountText } from '../text/count.ts';
import { type ApiDescription, describeApi, searchApi } from '../text/openapi.ts';
import { reasonOf } from '../text/reason.ts';

type Loaded =
  | { readonly kind: 'loading' }
  | { readonly kind: 'described'; readonly api: ApiDescription }
  | { readonly kind: 'refused'; readonly fault: ProblemError }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** The reference of the API, from the description that the service itself serves. */
export function ApiPage({ q }: { q: string }) {
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  useEffect(() => {
    const abort = new AbortController();
    void show(abort.signal, setLoaded);
    return () => abort.abort();
  }, []);

  return (
    <>
      <h1>API</h1>
      {loaded.kind === 'loading' ? <p class="muted">Loading…</p> : null}
      {loaded.kind === 'refused' ? <Fault fault={loaded.fault} /> : null}
      {loaded.kind === 'unreadable' ? (
        <p class="fault" role="alert">
          {loaded.reason}
        </p>
      ) : null}
      {loaded.kind === 'described' ? <Reference api={loaded.api} q={q} /> : null}
    </>
  );
}

function Reference({ api, q }: { api: ApiDescription; q: string }) {
  const groups = useMemo(() => searchApi(api.groups, q), [api, q]);
  const count = groups.reduce((sum, group) => sum + group.operations.length, 0);
  return (
    <>
      <div class="api-intro">
        <p class="muted">
          {api.title} {api.version}.{' '}
          <a href={addressOf('/openapi.json')} download="openapi.json">
            OpenAPI document
          </a>
        </p>
      </div>
      <div class="toolbar" role="search" aria-label="API">
        <div class="field search">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search the API"
            placeholder="Search calls, parameters, codes"
            value={q}
            data-search=""
            spellcheck={false}
            autocomplete="off"
            onInput={event => replaceRoute({ page: 'api', q: event.currentTarget.value })}
            onKeyDown={event => {
              if (event.key !== 'Escape') return;
              event.preventDefault();
              if (q === '') event.currentTarget.blur();
              else replaceRoute({ page: 'api', q: '' });
            }}
          />
          <kbd class="wide-only">/</kbd>
        </div>
        <span class="muted small" role="status">
          {amountText(count, 'call')}
        </span>
      </div>
      <details class="api-intro">
        <summary>About all calls</summary>
        <Prose text={api.text} />
      </details>
      {groups.map(({ name, text, operations }) => (
        <section key={name} class="api-group" aria-labelledby={`group-${name}`}>
          <h2 id={`group-${name}`}>{name}</h2>
          <Prose text={text} />
          {operations.map(operation => (
            <OperationView key={operation.id} operation={operation} />
          ))}
        </section>
      ))}
    </>
  );
}

async function show(signal: AbortSignal, onLoaded: (loaded: Loaded) => void): Promise<void> {
  const loaded = await load(signal);
  if (!signal.aborted) onLoaded(loaded);
}

async function load(signal: AbortSignal): Promise<Loaded> {
  try {
    const api = describeApi(await callFor<unknown>('/openapi.json', { signal }));
    if (api !== null) return { kind: 'described', api };
    return {
      kind: 'unreadable',
      reason: 'The service answered something else than its description',
    };
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'refused', fault: error };
    return { kind: 'unreadable', reason: reasonOf(error) };
  }
}
