/** How much may be in flight in a process. */
export interface IntakeLimits {
  /** `MAX_REQUESTS_IN_FLIGHT`. */
  readonly requests: number;
  /** `MAX_BYTES_IN_FLIGHT`, for the bodies of requests; answers may take four times as many. */
  readonly bytes: number;
}

/** Counts what is in flight, and admits no more than there is room for. */
export interface Intake {
  /** Null where there is no room. Some room is reserved for `urgent` requests, those that keep leases alive. */
  enter(request: { readonly urgent: boolean }): Ticket | null;
  /** Calls after so many milliseconds. The function returned cancels that. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The room of one request. */
export interface Ticket {
  /** Takes room for bytes of the body, before they are read; false where there is none. */
  takeBody(bytes: number): boolean;
  /** Takes room for bytes of the answer; false where there is none. With `force` it takes them in any case. */
  takeAnswer(bytes: number, force: boolean): boolean;
  /**
   * The request only waits from now on, and does not count as in flight until the returned function is called. Its bytes
   * count. The number of requests that wait is limited elsewhere.
   */
  rest(): () => void;
  /** Gives all room back. Further calls do nothing. */
  leave(): void;
}

/** The share of the room that is reserved for urgent requests, and for small bodies. */
const RESERVED_SHARE = 1 / 8;
/** A body up to this size is small: a hundred heartbeats fit. */
const SMALL_BODY_BYTES = 256 * 1024;
const RESERVED_BYTES = 4 * SMALL_BODY_BYTES;
const ANSWER_FACTOR = 4;

export function createIntake(
  { requests, bytes }: IntakeLimits,
  after: Intake['after'] = afterTimeout,
): Intake {
  const reservedRequests = Math.min(requests - 1, Math.ceil(requests * RESERVED_SHARE));
  const reservedBytes = Math.min(RESERVED_BYTES, Math.floor(bytes * RESERVED_SHARE));
  let inFlight = 0;
  let bodyBytes = 0;
  /** Those of the bodies whose requests only wait. */
  let restingBytes = 0;
  let answerBytes = 0;

  function ticket(): Ticket {
    let ownBody = 0;
    let ownAnswer = 0;
    let isOpen = true;
    let isResting = false;
    return {
      takeBody(asked) {
        if (!isOpen) return false;
        const isSmall = ownBody + asked <= SMALL_BODY_BYTES;
        const room = isSmall ? bytes : bytes - reservedBytes;
        // A body that is alone is admitted at any size: the limit of one body is checked elsewhere. Claims wait all the time.
        if (bodyBytes - restingBytes > ownBody && bodyBytes + asked > room) return false;
        ownBody += asked;
        bodyBytes += asked;
        return true;
      },
      takeAnswer(asked, force) {
        if (!isOpen) return false;
        const isFull = answerBytes > ownAnswer && answerBytes + asked > bytes * ANSWER_FACTOR;
        if (isFull && !force) return false;
        ownAnswer += asked;
        answerBytes += asked;
        return true;
      },
      rest() {
        if (!isOpen || isResting) return () => {};
        isResting = true;
        inFlight -= 1;
        restingBytes += ownBody;
        return () => {
          if (!isOpen || !isResting) return;
          isResting = false;
          inFlight += 1;
          restingBytes -= ownBody;
        };
      },
      leave() {
        if (!isOpen) return;
        isOpen = false;
        if (isResting) restingBytes -= ownBody;
        else inFlight -= 1;
        bodyBytes -= ownBody;
        answerBytes -= ownAnswer;
      },
    };
  }

  return {
    enter({ urgent }) {
      if (inFlight >= (urgent ? requests : requests - reservedRequests)) return null;
      inFlight += 1;
      return ticket();
    },
    after,
  };
}

function afterTimeout(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
}
