import { lost, problem, silence } from './scripted-service.ts';

/** What becomes of a request on its way; `deliver` takes it to the service and brings the answer. */
export type Mishap = (request: Request, deliver: () => Promise<Response>) => Promise<Response>;

export const requestLost: Mishap = request => lost()(request);

export const answerLost: Mishap = async (request, deliver) => {
  await deliver();
  return lost()(request);
};

/** Until the worker itself gives it up. */
export const neverAnswered: Mishap = request => silence()(request);

export const unavailable: Mishap = refused(503, 'store_unavailable', { 'Retry-After': '1' });

export function refused(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Mishap {
  return request => problem(status, code, headers)(request);
}
