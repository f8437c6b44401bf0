import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../state/theme.ts';
import { type Colours, coloursIn } from './tone-colours.ts';

/** What a drawing gets: a context in pixels of the page, and the size. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colours: Colours;
}

/**
 * A canvas as wide as its place, drawn again when the width, the theme or `draw` changes. `heightOf` says how tall it is at a
 * width.
 */
export function Canvas({
  draw,
  heightOf,
  onWidth,
  label,
}: {
  draw: (sheet: Sheet) => void;
  heightOf: (width: number) => number;
  onWidth?: (width: number) => void;
  /** What the picture shows; without it the text around it says so. */
  label?: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const scheme = useScheme();

  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null || width === 0) return;
    const height = heightOf(width);
    const scale = globalThis.devicePixelRatio;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    element.style.height = `${height}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    onWidth?.(width);
    draw({ context, width, height, colours: coloursIn(element.parentElement ?? element) });
  }, [draw, heightOf, width, scheme]);

  return label === undefined ? (
    <canvas ref={canvas} aria-hidden="true" />
  ) : (
    <canvas ref={canvas} role="img" aria-label={label} />
  );
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const parent = element.current?.parentElement ?? null;
    if (parent === null) return undefined;
    const measure = (): void => {
      const { paddingLeft, paddingRight } = getComputedStyle(parent);
      const padding = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight);
      setWidth(Math.max(0, Math.floor(parent.clientWidth - padding)));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(parent);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Changes with the colours of the page. */
function useScheme(): string {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = (): void => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return `${theme.value} ${isDark}`;
}
