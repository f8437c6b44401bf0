import type { Tone } from '../text/status.ts';

/** The colours of the style sheet as a canvas takes them. */
export interface Colours {
  readonly tones: Readonly<Record<Tone, string>>;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  /** For lines behind everything else. */
  readonly faint: string;
  readonly panel: string;
}

const TONES: readonly Tone[] = ['run', 'good', 'bad', 'warn', 'idle', 'odd'];

/** Reads them within the element, in the theme of now: a custom property itself has no colour that a canvas reads. */
export function coloursIn(element: Element): Colours {
  const probe = document.createElement('span');
  element.append(probe);
  const colourOf = (className: string): string => {
    probe.className = className;
    return getComputedStyle(probe).color;
  };
  const tones = Object.fromEntries(
    TONES.map(tone => [tone, colourOf(`tone-${tone} tone-text`)]),
  ) as Record<Tone, string>;
  const colours = {
    tones,
    text: colourOf(''),
    muted: colourOf('muted'),
    line: colourOf('probe-line'),
    faint: colourOf('probe-faint'),
    panel: colourOf('probe-panel'),
  };
  probe.remove();
  return colours;
}
