import { signal } from '@preact/signals';

/** On a narrow screen a job is a card. */
const narrow = globalThis.matchMedia('(max-width: 759px)');
const isNarrow = signal(narrow.matches);
narrow.addEventListener('change', () => {
  isNarrow.value = narrow.matches;
});

const ROW_PX = 46;
const CARD_PX = 118;

/** The height of every row in pixels; the style sheet gives the rows their content. */
export function useRowHeight(): number {
  return isNarrow.value ? CARD_PX : ROW_PX;
}
