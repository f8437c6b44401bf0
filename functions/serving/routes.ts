import type { HttpContext } from '../http/env.ts';
import type { Answer } from '../http/response.ts';

/** Makes the answer to a request of one resource and method. */
export type Handler = (c: HttpContext) => Answer | Promise<Answer>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** The pattern of the resource, as in the table of resources. */
  readonly path: string;
  readonly handle: Handler;
}

/** The routes of some resources, added one by one. */
export interface Routes {
  readonly all: readonly Route[];
  get(path: string, handle: Handler): void;
  post(path: string, handle: Handler): void;
  put(path: string, handle: Handler): void;
  delete(path: string, handle: Handler): void;
}

/** They name no router, so that a runtime may answer a request without one. */
export function createRoutes(): Routes {
  const all: Route[] = [];
  const adding = (method: Method) => (path: string, handle: Handler) => {
    all.push({ method, path, handle });
  };
  return {
    all,
    get: adding('GET'),
    post: adding('POST'),
    put: adding('PUT'),
    delete: adding('DELETE'),
  };
}
