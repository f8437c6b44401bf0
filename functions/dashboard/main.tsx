import { render } from 'preact';
import { App } from './app.tsx';
import { startNavigation } from './state/navigation.ts';
import { startPolling } from './state/polling.ts';
import { startTheme } from './state/theme.ts';
import { startClock } from './state/time.ts';

startTheme();
startNavigation();
startClock();
startPolling();
const root = document.querySelector('#app');
if (root === null) throw new Error('The page has no place for the dashboard');
render(<App />, root);
