/** The error of Deno when a closed KV is used: `Deno.errors.BadResource`. */
export class BadResource extends Error {
  override readonly name = 'BadResource';

  constructor() {
    super('Bad resource ID');
  }
}
