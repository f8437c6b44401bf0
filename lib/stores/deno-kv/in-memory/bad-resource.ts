/** What Deno throws where a KV is used that is closed: `Deno.errors.BadResource`. */
export class BadResource extends Error {
  override readonly name = 'BadResource';

  constructor() {
    super('Bad resource ID');
  }
}
