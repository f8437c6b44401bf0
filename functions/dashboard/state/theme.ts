import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const STORED_AS = 'dalsegno.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

/** Light, dark, or what the system says. */
export const theme = signal<Theme>(themeIn(localStorage.getItem(STORED_AS)));

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    localStorage.setItem(STORED_AS, theme.value);
  });
}

export function nextTheme(): void {
  theme.value = NEXT[theme.peek()];
}

function themeIn(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'system';
}
