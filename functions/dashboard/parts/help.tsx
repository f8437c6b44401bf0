import { Dialog } from './dialog.tsx';

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'search'],
  ['j  k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close, leave the search, or go back to the list'],
  ['g j', 'jobs'],
  ['g s', 'service'],
  ['g a', 'API'],
  ['r', 'load now'],
  ['t', 'light, dark, or as the system says'],
  ['← → ↑ ↓', 'in the grid of sheets: choose a sheet'],
  ['n  p', 'on a job: next and previous failed sheet'],
  ['?', 'these keys'],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split('  ').map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
