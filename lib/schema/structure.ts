import type * as z from 'zod';

/**
 * What a schema accepts whose check is a function: zod shows the structure of its own schemas only. The description of
 * the API and the checks of regular states are made from it.
 */
export type Structure =
  | { readonly kind: 'integer'; readonly minimum?: number }
  | { readonly kind: 'float'; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: 'boolean' | 'time' }
  /** Anything, or any object, at this nesting depth of the document. */
  | { readonly kind: 'value' | 'object'; readonly depth: number }
  | { readonly kind: 'list'; readonly items: z.ZodType }
  | { readonly kind: 'dictionary'; readonly keys: 'text' | 'integer'; readonly values: z.ZodType }
  /** An object with these fields and any others. `dropped` are keys that are read and not kept. */
  | {
      readonly kind: 'model';
      readonly fields: z.ZodRawShape;
      readonly depth: number;
      readonly dropped: readonly string[];
    };

/** The schemas of the program: they are made when it starts. */
const structures = new WeakMap<z.core.$ZodType, Structure>();

/** The schema itself, whose structure `structureOf` then knows. */
export function withStructure<Schema extends z.ZodType>(
  schema: Schema,
  structure: Structure,
): Schema {
  structures.set(schema, structure);
  return schema;
}

/** Null for a schema that zod can show itself. */
export function structureOf(schema: z.core.$ZodType): Structure | null {
  return structures.get(schema) ?? null;
}
