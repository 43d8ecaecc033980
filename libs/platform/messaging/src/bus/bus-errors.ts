import { CallerError, EnvironmentFailure } from '@entrepot/platform-observability';

/** Why a question got no answer: nobody is there, no connection, or none in time. */
export type BusFailure = 'no-responders' | 'disconnected' | 'deadline';

/** The question may or may not have been handled; asking again may succeed. The HTTP layer answers 503 with `Retry-After`. */
export class BusUnavailable extends EnvironmentFailure {
  override readonly name = 'BusUnavailable';
  readonly code = 'BUS_UNAVAILABLE';
  readonly status = 503;
  readonly retryAfterSeconds = 1;

  constructor(
    readonly reason: BusFailure,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** The peer answered that something it depends on failed. `code` is the peer's: `DATABASE_UNAVAILABLE`, `DATABASE_BUSY`, … */
export class PeerUnavailable extends EnvironmentFailure {
  override readonly name = 'PeerUnavailable';
  readonly status = 503;

  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The peer refused the question for a reason that its caller may be told. */
export class PeerRefusal extends CallerError {
  override readonly name = 'PeerRefusal';
  readonly detail?: unknown;
  readonly headers?: Record<string, string>;

  constructor(
    code: string,
    readonly status: number,
    message: string,
    more: { detail?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message, { code });
    if (more.detail !== undefined) this.detail = more.detail;
    if (more.headers !== undefined) this.headers = more.headers;
  }
}

/** The peer has a bug, or answers what nobody understands. What went wrong is in the peer's log. */
export class PeerFailure extends Error {
  override readonly name = 'PeerFailure';
  readonly code = 'INTERNAL';
  readonly status = 500;
}

/** A request or a reply has more bytes than the bus carries. */
export class MessageTooLarge extends CallerError {
  override readonly name = 'MessageTooLarge';
  readonly status = 413;

  constructor(message: string) {
    super(message, { code: 'MESSAGE_TOO_LARGE' });
  }
}
