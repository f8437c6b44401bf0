/**
 * A copy of a key or version that is to be remembered: what is cut out of a text, or put together from several,
 * keeps them alive in V8, and a follower remembers one for every object.
 */
export function ownText<Text extends string>(text: Text): Text {
  return JSON.parse(JSON.stringify(text));
}
