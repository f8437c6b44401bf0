import { useMemo, useRef, useState } from 'preact/hooks';
import { bytesText, countText } from '../../text/count.ts';
import { linesWith, MAX_LINE_CHARACTERS, tokensOf } from '../../text/json-line.ts';
import { CopyButton } from '../copy-button.tsx';
import { Icon } from '../icon.tsx';
import { MAX_HEIGHT_PX, useVisibleRange } from '../visible-range.ts';

const LINE_PX = 19;
const MAX_FOUND = 1_000;

/** The answer as it was received: every digit is shown. Only the lines that can be seen exist. */
export function RawJson({ text, name }: { text: string; name: string }) {
  const lines = useMemo(() => text.split('\n'), [text]);
  const list = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [words, setWords] = useState('');
  const [place, setPlace] = useState(0);
  const count = Math.min(lines.length, Math.floor(MAX_HEIGHT_PX / LINE_PX));
  const range = useVisibleRange(list, { count, rowHeight: LINE_PX });
  const found = useMemo(() => linesWith(lines, words, MAX_FOUND), [lines, words]);
  const current = found[place];

  function go(next: number): void {
    const line = found[(next + found.length) % found.length];
    if (line === undefined || box.current === null) return;
    setPlace((next + found.length) % found.length);
    box.current.scrollTop = Math.max(0, (line - 5) * LINE_PX);
  }

  return (
    <section class="panel raw" aria-label="JSON">
      <div class="panel-head">
        <form
          class="field search"
          onSubmit={event => {
            event.preventDefault();
            go(place + 1);
          }}
        >
          <Icon name="search" />
          <input
            type="search"
            aria-label="Find in the JSON"
            placeholder="Find in the JSON"
            value={words}
            data-search=""
            onInput={event => {
              setWords(event.currentTarget.value);
              setPlace(-1);
            }}
          />
        </form>
        <span class="muted small number" role="status">
          {words === ''
            ? `${countText(lines.length)} lines, ${bytesText(text.length)}`
            : `${found.length === MAX_FOUND ? 'over ' : ''}${countText(found.length)} lines found`}
        </span>
        <span class="spread" />
        <CopyButton text={() => text} label="the JSON" shown="Copy" />
        <button type="button" class="button" onClick={() => download(text, name)}>
          <Icon name="down" />
          Download
        </button>
      </div>
      <div
        ref={box}
        class="raw-box"
        data-scroller=""
        tabIndex={0}
        role="region"
        aria-label="JSON as it was received"
      >
        <div ref={list} class="raw-lines" style={{ height: `${count * LINE_PX}px` }}>
          {lines.slice(range.start, range.end).map((line, offset) => {
            const index = range.start + offset;
            return (
              <div
                key={index}
                class={index === current ? 'raw-line is-found' : 'raw-line'}
                style={{ transform: `translateY(${index * LINE_PX}px)` }}
              >
                <span class="raw-number number" aria-hidden="true">
                  {index + 1}
                </span>
                <code>
                  {tokensOf(line.slice(0, MAX_LINE_CHARACTERS)).map((token, at) => (
                    <span key={at} class={`json-${token.kind}`}>
                      {token.text}
                    </span>
                  ))}
                  {line.length > MAX_LINE_CHARACTERS ? (
                    <span class="tag">
                      {countText(line.length - MAX_LINE_CHARACTERS)} more characters: copy or
                      download
                    </span>
                  ) : null}
                </code>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function download(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 100) || 'job'}.json`;
  link.click();
  URL.revokeObjectURL(address);
}
