/** As much of a process as is needed to hear signals; Node and Deno have it, others do not. */
export interface ProcessLike {
  readonly pid: number;
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
  kill(pid: number, signal: string): unknown;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface StopSignal {
  /** Aborted, with a text, when the worker is to stop. */
  readonly signal: AbortSignal;
  stop(reason: string): void;
  /** Listens no more. */
  end(): void;
}

interface StopSignalOptions {
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  /** Whose signals are heard; null for none. */
  readonly process: ProcessLike | null;
}

/**
 * Hears of the end: from the caller, or from the system by SIGTERM and SIGINT. A second signal of the
 * system does what it does to any process: it ends this one at once.
 */
export function createStopSignal({ signal, process }: StopSignalOptions): StopSignal {
  const stopping = new AbortController();
  const unlisten = new Set<() => void>();

  function stop(reason: string): void {
    stopping.abort(reason);
  }

  function end(): void {
    for (const remove of unlisten) remove();
    unlisten.clear();
  }

  function listen(to: ProcessLike, name: string): void {
    const hear = (): void => {
      if (!stopping.signal.aborted) {
        stop(name);
        return;
      }
      end();
      to.kill(to.pid, name);
    };
    to.on(name, hear);
    unlisten.add(() => to.off(name, hear));
  }

  if (process !== null) for (const name of SIGNALS) listen(process, name);
  if (signal !== undefined) {
    const hear = (): void => stop('the caller');
    if (signal.aborted) hear();
    else signal.addEventListener('abort', hear, { once: true });
    unlisten.add(() => signal.removeEventListener('abort', hear));
  }
  return { signal: stopping.signal, stop, end };
}

/** This process, where the runtime has signals. */
export function processOf(scope: { readonly process?: unknown }): ProcessLike | null {
  const { process } = scope;
  if (typeof process !== 'object' || process === null) return null;
  return 'on' in process && 'off' in process && 'kill' in process && 'pid' in process
    ? (process as ProcessLike)
    : null;
}
