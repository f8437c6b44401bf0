import { describe, expect, it } from 'vitest';
import { MEANINGS } from '../../functions/http/problem-codes.ts';
import { HEALTH_RESOURCES, parametersOf, RESOURCES } from '../../functions/http/resources.ts';
import { createDocument } from '../../functions/openapi/document.ts';
import { OPERATIONS } from './document.ts';

const ROUTES = Object.entries({ ...RESOURCES, ...HEALTH_RESOURCES }).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, scope]) => ({ path, method, scope })),
);

function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

describe('the description of the API', () => {
  it('has every method of every resource, and no other', () => {
    const documented = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
    const routes = ROUTES.map(({ method, path }) => `${method} ${templateOf(path)}`);
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('has the query parameters that each method takes', () => {
    const documented = OPERATIONS.map(({ method, path, parameters }) => ({
      place: `${method} ${path}`,
      query: parameters.filter(one => one.in === 'query').map(({ name }) => name),
    }));
    const routes = ROUTES.map(({ method, path }) => ({
      place: `${method} ${templateOf(path)}`,
      query: Object.keys(parametersOf(path, method)),
    }));
    const sorted = (places: typeof documented) =>
      places.map(({ place, query }) => `${place} ${query.toSorted().join()}`).toSorted();
    expect(sorted(documented)).toEqual(sorted(routes));
  });

  it('says of each parameter whether it may be given several times', () => {
    const several = OPERATIONS.flatMap(({ method, path, parameters }) =>
      parameters
        .filter(one => one.in === 'query' && one.schema['type'] === 'array')
        .map(({ name }) => `${method} ${path} ${name}`),
    );
    const routes = ROUTES.flatMap(({ method, path }) =>
      Object.entries(parametersOf(path, method))
        .filter(([, times]) => times === 'several')
        .map(([name]) => `${method} ${templateOf(path)} ${name}`),
    );
    expect(several.toSorted()).toEqual(routes.toSorted());
  });

  it('has the scope that each method needs, and none where no token is needed', () => {
    const documented = OPERATIONS.map(
      ({ method, path, security }) => `${method} ${path} ${security[0]?.['AccessToken']?.join()}`,
    );
    const routes = ROUTES.map(
      ({ method, path, scope }) =>
        `${method} ${templateOf(path)} ${Object.hasOwn(HEALTH_RESOURCES, path) ? undefined : scope}`,
    );
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('has the parameters of each path', () => {
    const wrong = OPERATIONS.filter(({ path, parameters }) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = parameters.filter(one => one.in === 'path').map(({ name }) => name);
      return inPath.join() !== named.join();
    });
    expect(wrong).toEqual([]);
  });

  it('has every code under its status, except those that no documented request gets', () => {
    const documented = new Map(
      OPERATIONS.flatMap(({ codes }) =>
        [...codes].flatMap(([status, names]) => names.map(name => [name, status] as const)),
      ),
    );
    const undocumented = new Set(['client_gone', 'not_found', 'method_not_allowed']);
    const codes = Object.entries(MEANINGS).filter(([code]) => !undocumented.has(code));
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(codes.map(([code, { status }]) => [code, status])),
    );
  });

  it('names its operations as methods of a client, each once', () => {
    const ids = OPERATIONS.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter(id => !/^[a-z]+(?:[A-Z][a-z]+)*$/.test(id))).toEqual([]);
  });

  it('is the same text each time', () => {
    const write = () => JSON.stringify(createDocument({ version: '1.2.3' }));
    expect(write()).toBe(write());
    expect(write()).toContain('"version":"1.2.3"');
  });
});
