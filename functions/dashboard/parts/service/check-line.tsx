import { Icon } from '../icon.tsx';

/** One thing that holds or does not. A quiet one that does not hold is a property, and no fault. */
export function CheckLine({
  isOk,
  name,
  text,
  isQuiet = false,
}: {
  isOk: boolean;
  name: string;
  text: string;
  isQuiet?: boolean;
}) {
  const tone = isOk ? 'good' : isQuiet ? 'idle' : 'bad';
  return (
    <li class="check-line">
      <span class={`tone-${tone} tone-text`}>
        <Icon name={isOk ? 'check' : 'cross'} />
        <span class="sr-only">{isOk ? 'Yes: ' : 'No: '}</span>
      </span>
      <span>
        {name}
        <span class="muted small check-text">{text}</span>
      </span>
    </li>
  );
}
