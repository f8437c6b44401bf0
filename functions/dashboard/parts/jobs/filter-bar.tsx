import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { inputText, instantOfInput } from '../../text/instant.ts';
import { isNarrow, type ListFilter, NO_FILTER, toggled } from '../../text/list-filter.ts';
import { STANDINGS } from '../../text/status.ts';
import { Icon } from '../icon.tsx';

/** Keys that come faster than this are one search. */
const DEBOUNCE_MS = 180;

/** The filters of the list. What is typed is searched for a moment later. */
export function FilterBar({
  filter,
  onFilter,
  children,
}: {
  filter: ListFilter;
  onFilter: (filter: ListFilter) => void;
  /** At the end of the row. */
  children: ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(hasDetails(filter));
  const details = countOfDetails(filter);
  return (
    <div class="filters" role="search" aria-label="Jobs">
      <div class="filters-main">
        <div class="field search">
          <Icon name="search" />
          <LateInput
            label="Search by id or name"
            placeholder="Search by id or name"
            value={filter.q}
            isSearch
            onValue={q => onFilter({ ...filter, q })}
          />
          <kbd class="wide-only">/</kbd>
        </div>
        <button
          type="button"
          class="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="filter" />
          Filters{details === 0 ? '' : ` (${details})`}
        </button>
        <label class="field">
          <span class="sr-only">Order</span>
          <select
            value={filter.order}
            onChange={event =>
              onFilter({
                ...filter,
                order: event.currentTarget.value === 'oldest' ? 'oldest' : 'newest',
              })
            }
          >
            <option value="newest">newest first</option>
            <option value="oldest">oldest first</option>
          </select>
        </label>
        {isNarrow(filter) ? (
          <button type="button" class="ghost" onClick={() => onFilter(NO_FILTER)}>
            Clear
          </button>
        ) : null}
        <span class="spread wide-only" />
        {children}
      </div>
      {isOpen ? <Details filter={filter} onFilter={onFilter} /> : null}
    </div>
  );
}

function Details({
  filter,
  onFilter,
}: {
  filter: ListFilter;
  onFilter: (filter: ListFilter) => void;
}) {
  return (
    <div class="filters-more">
      <fieldset>
        <legend>Standing</legend>
        <div class="chips">
          {Object.entries(STANDINGS).map(([standing, meaning]) => (
            <button
              key={standing}
              type="button"
              class="chip"
              title={meaning}
              aria-pressed={filter.standing.includes(standing)}
              onClick={() => onFilter({ ...filter, standing: toggled(filter.standing, standing) })}
            >
              {standing}
            </button>
          ))}
        </div>
      </fieldset>
      <label class="field-labelled">
        <span>Job name, exact</span>
        <LateInput
          label="Job name, exact"
          value={filter.jobName}
          onValue={jobName => onFilter({ ...filter, jobName })}
        />
      </label>
      <label class="field-labelled">
        <span>Holder, exact</span>
        <LateInput
          label="Holder, exact"
          value={filter.holder}
          onValue={holder => onFilter({ ...filter, holder })}
        />
      </label>
      <label class="field-labelled">
        <span>Not updated since</span>
        <input
          type="datetime-local"
          value={inputText(filter.updatedBefore)}
          onChange={event =>
            onFilter({ ...filter, updatedBefore: instantOfInput(event.currentTarget.value) })
          }
        />
      </label>
    </div>
  );
}

/** A field whose value is passed on when the keys pause. A value from elsewhere replaces what was typed. */
function LateInput({
  label,
  value,
  onValue,
  placeholder = '',
  isSearch = false,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  placeholder?: string;
  isSearch?: boolean;
}) {
  const [typed, setTyped] = useState(value);
  const passed = useRef(value);
  const latest = useRef(onValue);
  latest.current = onValue;

  useEffect(() => {
    if (value === passed.current) return;
    passed.current = value;
    setTyped(value);
  }, [value]);

  useEffect(() => {
    if (typed === passed.current) return undefined;
    const timer = setTimeout(() => {
      passed.current = typed;
      latest.current(typed);
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      autocomplete="off"
      spellcheck={false}
      data-search={isSearch ? '' : undefined}
      onInput={event => setTyped(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        if (typed === '') event.currentTarget.blur();
        else setTyped('');
      }}
    />
  );
}

function countOfDetails({ standing, jobName, holder, updatedBefore }: ListFilter): number {
  return standing.length + [jobName, holder, updatedBefore].filter(text => text !== '').length;
}

function hasDetails(filter: ListFilter): boolean {
  return countOfDetails(filter) > 0;
}
