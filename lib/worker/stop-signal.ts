/** The part of `process` that receives signals. Node and Deno have it, other runtimes do not. */
export interface ProcessLike {
  readonly pid: number;
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
  kill(pid: number, signal: string): unknown;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface StopSignal {
  /** Aborted, with a text as its reason, when the worker must stop. */
  readonly signal: AbortSignal;
  stop(reason: string): void;
  /** Removes all listeners. */
  end(): void;
}

interface StopSignalOptions {
  /** The signal of the caller. */
  readonly signal: AbortSignal | undefined;
  /** Its SIGTERM and SIGINT stop the worker; null for neither. */
  readonly process: ProcessLike | null;
}

/**
 * Stops on the signal of the caller, or on SIGTERM and SIGINT. A second SIGTERM or SIGINT has its default effect: it
 * ends the process at once.
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
    const onSignal = (): void => {
      if (!stopping.signal.aborted) {
        stop(name);
        return;
      }
      end();
      to.kill(to.pid, name);
    };
    to.on(name, onSignal);
    unlisten.add(() => to.off(name, onSignal));
  }

  if (process !== null) for (const name of SIGNALS) listen(process, name);
  if (signal !== undefined) {
    const onAbort = (): void => stop('the caller');
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    unlisten.add(() => signal.removeEventListener('abort', onAbort));
  }
  return { signal: stopping.signal, stop, end };
}

/** The process, or null if the runtime has no signals. */
export function processOf(scope: { readonly process?: unknown }): ProcessLike | null {
  const { process } = scope;
  if (typeof process !== 'object' || process === null) return null;
  return 'on' in process && 'off' in process && 'kill' in process && 'pid' in process
    ? (process as ProcessLike)
    : null;
}
