/**
 * A copy of a key or version for long storage. In V8 a text that was cut out of another text, or joined from several,
 * keeps those in memory, and a follower stores one for every object.
 */
export function ownText<Text extends string>(text: Text): Text {
  return JSON.parse(JSON.stringify(text));
}
