import type { HttpContext, Notes, Services } from '../http/env.ts';

/** A request as the rules take it, with notes of its own. */
export function createContext(env: Services, req: HttpContext['req']): HttpContext {
  const notes: Notes = {
    requestId: '',
    jobId: undefined,
    route: undefined,
    access: undefined,
    crossOrigin: undefined,
    ticket: undefined,
    waitedMs: undefined,
    code: undefined,
    isRoutine: undefined,
    isAnsweredElsewhere: undefined,
  };
  return {
    env,
    req,
    get: name => notes[name],
    set(name, value) {
      notes[name] = value;
    },
  };
}
