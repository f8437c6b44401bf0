/**
 * Waits until all that has come in this turn of the event loop is parsed. Node passes the head of a request on before it looks
 * at what follows, even where both came together. All that wait share one promise.
 */
export function createInputTurn(): () => Promise<void> {
  let turn: Promise<void> | null = null;
  return () => {
    turn ??= new Promise(resolve => {
      setImmediate(() => {
        turn = null;
        resolve();
      });
    });
    return turn;
  };
}
