import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows from `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** So many rows beyond what is seen exist, so that a fast scroll shows no gap. */
const OVERSCAN = 12;
/** Browsers lay out no element that is taller. */
export const MAX_HEIGHT_PX = 16_000_000;

/**
 * The rows of a long list that can be seen: in the window, or within the element that scrolls them. All rows have the same
 * height.
 */
export function useVisibleRange(
  list: RefObject<HTMLElement | null>,
  { count, rowHeight }: { readonly count: number; readonly rowHeight: number },
): Range {
  const [range, setRange] = useState<Range>({ start: 0, end: Math.min(count, 60) });

  useLayoutEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      if (list.current === null) return;
      const next = rangeOf(list.current, count, rowHeight);
      setRange(old => (old.start === next.start && old.end === next.end ? old : next));
    };
    const later = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    // In the capturing phase it also sees the scrolling of elements within the page.
    addEventListener('scroll', later, { capture: true, passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', later, { capture: true });
      removeEventListener('resize', later);
    };
  }, [list, count, rowHeight]);

  return { start: Math.min(range.start, count), end: Math.min(range.end, count) };
}

function rangeOf(list: HTMLElement, count: number, rowHeight: number): Range {
  const { top } = list.getBoundingClientRect();
  const scroller = list.closest('[data-scroller]');
  const view = scroller?.getBoundingClientRect();
  const viewTop = view?.top ?? 0;
  const viewBottom = view?.bottom ?? innerHeight;
  const first = Math.floor((viewTop - top) / rowHeight) - OVERSCAN;
  const last = Math.ceil((viewBottom - top) / rowHeight) + OVERSCAN;
  const start = Math.max(0, Math.min(count, first));
  return { start, end: Math.max(start, Math.min(count, last)) };
}
