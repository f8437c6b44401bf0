import { curlText, type ServiceCall } from '../text/curl.ts';
import { addressOf } from './call.ts';
import { token } from './session.ts';

/** The call to this service as a command for a shell, with the variable of the token where the page has one. */
export function curlCommand(call: ServiceCall): string {
  return curlText(call, { base: addressOf('/'), withToken: token.value !== null });
}
