import { bytesText } from '../../text/count.ts';
import { CopyButton } from '../copy-button.tsx';

/** The end of what a sheet has written. */
export function Output({ name, text }: { name: string; text: string | null }) {
  if (text === null || text === '') return null;
  const bytes = new TextEncoder().encode(text).byteLength;
  return (
    <figure class="output">
      <figcaption>
        <span>{name}</span>
        <span class="muted small number">{bytesText(bytes)}</span>
        <span class="spread" />
        <CopyButton text={() => text} label={name} />
      </figcaption>
      <pre tabIndex={0} aria-label={name}>
        {text}
      </pre>
    </figure>
  );
}
