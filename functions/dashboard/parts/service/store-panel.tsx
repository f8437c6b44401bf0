import { guaranteesIn } from '../../text/guarantee.ts';
import type { Stats } from '../../text/stats.ts';
import { CheckLine } from './check-line.tsx';

/** The store, what it guarantees, and what callers must know about it. */
export function StorePanel({ facts }: { facts: Stats }) {
  return (
    <section class="panel" aria-labelledby="store-title">
      <div class="panel-head">
        <h2 id="store-title">Store</h2>
        <code class="tag">{facts.store.name}</code>
      </div>
      <ul class="checks">
        {guaranteesIn(facts.store).map(({ name, isGiven, text }) => (
          <CheckLine key={name} isOk={isGiven} name={name} text={text} isQuiet />
        ))}
      </ul>
      {facts.limits.length === 0 ? (
        <p class="muted">No limits beyond the API.</p>
      ) : (
        <>
          <h3>Limits</h3>
          <ul>
            {facts.limits.map(limit => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
