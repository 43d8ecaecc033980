import { type DestinationStream, symbols } from 'pino';
import type { Logger } from './logger.js';

/** How a request ended, in one word that a search can use. */
export type AccessOutcome = 'ok' | 'denied' | 'failed' | 'aborted';

/** One request: who did what to which thing, from where, and how it ended. Unknown parts are null. */
export interface AccessRecord {
  principal: string | null;
  /** `pull`, `push`, `delete`, or the HTTP method where there is no better word. */
  verb: string;
  /** Registry, repository or resource asked for. */
  name: string | null;
  digest: string | null;
  /** The client's address, proxies that we trust already taken away. */
  address: string | null;
  outcome: AccessOutcome;
  status: number;
  /** Bytes of the body that mattered: received for a push, sent for a pull. */
  bytes: number;
  durationMs: number;
  requestId: string;
}

/** A record under way: fields are set as they become known, and it is written once. */
export interface AccessEntry {
  set(fields: Partial<AccessRecord>): void;
  /** Writes the record. A second call does nothing, so every way out of a handler may call it. */
  finish(fields: Partial<AccessRecord> & Pick<AccessRecord, 'status'>): void;
}

// The longest image name (255) with its registry before it; a principal's SRN is shorter.
const MAX_TEXT = 512;
// Control characters, line and paragraph separators, and the marks that turn the direction of a text in a terminal.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * The access log: exactly one record per request, in its own channel (`"channel":"access"`), written whatever the level of the
 * process's log. Texts come from clients: they are cut to 512 characters and cleaned, so that no record can forge another.
 */
export class AccessLog {
  private readonly stream: DestinationStream;
  private readonly bindings: string;
  private moment = { at: 0, text: '' };

  constructor(
    logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    const channel = logger.child({ channel: 'access' }) as Logger & PinoInternals;
    this.stream = channel[symbols.streamSym];
    this.bindings = channel[symbols.chindingsSym];
  }

  /** Writes a finished record. The line is built here: pino's general way took a tenth of a busy gateway's time. */
  record(record: AccessRecord): void {
    this.stream.write(
      `{"level":"info","time":"${this.time()}"${this.bindings},"principal":${quoted(record.principal)},"verb":${quoted(record.verb)}` +
        `,"name":${quoted(record.name)},"digest":${quoted(record.digest)},"address":${quoted(record.address)},"outcome":"${record.outcome}"` +
        `,"status":${record.status},"bytes":${record.bytes},"durationMs":${Math.round(record.durationMs * 1000) / 1000}` +
        `,"requestId":${quoted(record.requestId)}}\n`,
    );
  }

  /** RFC 3339, milliseconds. Many requests end in the same one. */
  private time(): string {
    const at = Date.now();
    if (this.moment.at !== at) this.moment = { at, text: new Date(at).toISOString() };
    return this.moment.text;
  }

  /** Begins the record of a request that has just arrived; the duration runs from here. */
  start(first: Pick<AccessRecord, 'verb' | 'requestId'> & Partial<AccessRecord>): AccessEntry {
    const began = this.now();
    let fields: Partial<AccessRecord> & Pick<AccessRecord, 'verb' | 'requestId'> = { ...first };
    let written = false;
    return {
      set: (more) => {
        fields = { ...fields, ...more };
      },
      finish: (last) => {
        if (written) return;
        written = true;
        this.record({ ...EMPTY, outcome: outcomeOf(last.status), durationMs: this.now() - began, ...fields, ...last });
      },
    };
  }
}

const EMPTY = { principal: null, name: null, digest: null, address: null, bytes: 0 };

/** The outcome that a status means: 401, 403 and 429 are refusals, not failures. */
export function outcomeOf(status: number): AccessOutcome {
  if (status < 400) return 'ok';
  return status === 401 || status === 403 || status === 429 ? 'denied' : 'failed';
}

/** What almost every text consists of: printable ASCII that JSON need not escape. */
const PLAIN = /^[ !#-[\]-~]{0,512}$/;

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(safe(text));
}

function safe(text: string): string {
  return (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text).replace(UNSAFE, '\ufffd');
}

/** What a pino logger made of its bindings, and where it writes to. */
interface PinoInternals {
  readonly [symbols.streamSym]: DestinationStream;
  /** Members of a JSON object, each with a comma before it. */
  readonly [symbols.chindingsSym]: string;
}
