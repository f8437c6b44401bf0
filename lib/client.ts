/** The client of the service, for operators and producers. It runs on Node, Deno and Workers. */

export { type ClientOptions, createClient } from './worker/client/client.ts';
