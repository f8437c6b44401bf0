import { jobsHash } from '../state/last-list.ts';
import { route } from '../state/navigation.ts';
import { signOut, token } from '../state/session.ts';
import { stats } from '../state/stats.ts';
import { nextTheme, theme } from '../state/theme.ts';
import { countText } from '../text/count.ts';
import { hashOf, type Route } from '../text/route.ts';
import { Freshness } from './freshness.tsx';
import { Icon } from './icon.tsx';

const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

export function Header({ onHelp }: { onHelp: () => void }) {
  const { page } = route.value;
  const places: readonly [name: string, hash: string, isHere: boolean][] = [
    ['Jobs', jobsHash.value, page === 'jobs' || page === 'job'],
    ['Service', hashOf({ page: 'service' }), page === 'service'],
    ['API', hashOf({ page: 'api', q: '' } satisfies Route), page === 'api'],
  ];
  return (
    <header class="header">
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <a class="brand" href="#/jobs" aria-label="Dal Segno, all jobs">
        <span class="brand-sign">
          <Icon name="sign" size={18} />
        </span>
        <span class="brand-name">Dal Segno</span>
      </a>
      <nav aria-label="Main">
        {places.map(([name, hash, isHere]) => (
          <a key={name} href={hash} aria-current={isHere ? 'page' : undefined}>
            {name}
            {name === 'Jobs' && stats.value !== null ? (
              <span class="nav-count number">{countText(stats.value.total)}</span>
            ) : null}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <Freshness />
        <button
          type="button"
          class="ghost"
          onClick={nextTheme}
          aria-label={`Colours: ${theme.value}`}
          title={`Colours: ${theme.value}`}
        >
          <Icon name={THEME_ICONS[theme.value]} />
        </button>
        <button
          type="button"
          class="ghost wide-only"
          onClick={onHelp}
          aria-label="Keys"
          title="Keys (?)"
        >
          <Icon name="help" />
        </button>
        {token.value === null ? null : (
          <button
            type="button"
            class="ghost"
            onClick={signOut}
            aria-label="Sign out"
            title="Sign out"
          >
            <Icon name="out" />
          </button>
        )}
      </div>
    </header>
  );
}

/** A jump to an anchor would leave the page: the hash is its address. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main')?.focus();
}
