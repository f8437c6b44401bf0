import { useEffect, useState } from 'preact/hooks';
import { ApiPage } from './pages/api-page.tsx';
import { JobPage } from './pages/job-page.tsx';
import { JobsPage } from './pages/jobs-page.tsx';
import { ServicePage } from './pages/service-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';
import { StaleBanner } from './parts/freshness.tsx';
import { Header } from './parts/header.tsx';
import { Help } from './parts/help.tsx';
import { useKeys } from './parts/keyboard.ts';
import { NoticeList } from './parts/notice-list.tsx';
import { goTo, route } from './state/navigation.ts';
import { refreshNow } from './state/polling.ts';
import { refusal, token } from './state/session.ts';
import { nextTheme } from './state/theme.ts';
import { HOME, type Route } from './text/route.ts';

/** The frame around all pages. */
export function App() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  const place = route.value;
  useEffect(() => {
    document.title = titleOf(place);
  }, [place]);
  useKeys({
    '?': () => setHelpOpen(true),
    '/': () => document.querySelector<HTMLInputElement>('[data-search]')?.focus(),
    r: refreshNow,
    t: nextTheme,
    'g j': () => goTo(HOME),
    'g s': () => goTo({ page: 'service' }),
    'g a': () => goTo({ page: 'api', q: '' }),
  });

  if (refusal.value !== null) {
    return (
      <main>
        <SignInPage refusal={refusal.value} hadToken={token.value !== null} />
      </main>
    );
  }
  return (
    <>
      <Header onHelp={() => setHelpOpen(true)} />
      <StaleBanner />
      <main id="main" tabIndex={-1}>
        <Page place={place} />
      </main>
      <NoticeList />
      {isHelpOpen ? <Help onClose={() => setHelpOpen(false)} /> : null}
    </>
  );
}

function Page({ place }: { place: Route }) {
  switch (place.page) {
    case 'jobs':
      return <JobsPage filter={place.filter} />;
    case 'job':
      return <JobPage key={place.jobId} route={place} />;
    case 'service':
      return <ServicePage />;
    case 'api':
      return <ApiPage q={place.q} />;
    case 'missing':
      return (
        <div class="empty">
          <h1>There is no such page</h1>
          <p>
            <code>{place.path}</code>
          </p>
          <a href="#/jobs">All jobs</a>
        </div>
      );
    default:
      return place satisfies never;
  }
}

function titleOf(place: Route): string {
  const names = { jobs: 'Jobs', service: 'Service', api: 'API', missing: 'No such page' };
  const name = place.page === 'job' ? place.jobId : names[place.page];
  return `${name} · Dal Segno`;
}
