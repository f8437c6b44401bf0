import type { Example } from '../../functions/openapi/examples/example.ts';
import type { Earlier } from './session.ts';

export type Played = Example['answer'];

/** What the steps of a session need from the answers so far, which are named `operation.name`. */
export function earlierOf(answered: ReadonlyMap<string, Played>): Earlier {
  function bodyOf(call: string): unknown {
    const answer = answered.get(call);
    if (answer !== undefined && answer.status < 400) return answer.body;
    throw new Error(`The call ${call} has not succeeded: ${JSON.stringify(answer)}`);
  }

  return {
    token(call, grant) {
      const body = bodyOf(call) as { token: string; grants: readonly { token: string }[] };
      return String(grant === undefined ? body.token : body.grants[grant]?.token);
    },
    etag(call) {
      bodyOf(call);
      return String(answered.get(call)?.headers['etag']);
    },
    streamId: call => /"id":"([^"]+)"/.exec(String(bodyOf(call)))?.[1] ?? '',
  };
}
