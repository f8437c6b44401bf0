/**
 * What a generator yields, with the items of a list one by one. They come without the turns of a generator, which take several
 * times as long as the rest of the work on an item. `itemOf` is called when an item is taken.
 */
export function piecewise<Item extends object, Piece>(
  pieces: AsyncGenerator<Item | readonly Piece[], void>,
  itemOf: (piece: Piece) => Item,
): AsyncIterableIterator<Item, void> {
  let list: readonly Piece[] = [];
  let at = 0;

  async function nextPiece(): Promise<IteratorResult<Item, void>> {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done === true) return { done, value: undefined };
      if (!isList(value)) return { done: false, value };
      list = value;
      at = 0;
      const [first] = list;
      if (first === undefined) continue;
      at = 1;
      return { done: false, value: itemOf(first) };
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const piece = list[at];
      if (piece === undefined) return nextPiece();
      at += 1;
      return Promise.resolve({ done: false, value: itemOf(piece) });
    },
    async return() {
      list = [];
      await pieces.return();
      return { done: true, value: undefined };
    },
  };
}

function isList<Piece>(value: object | readonly Piece[]): value is readonly Piece[] {
  return Array.isArray(value);
}
