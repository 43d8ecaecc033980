import { quoted } from './quote.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A document that two readers could understand differently, or that would cost too much to read. The message says where. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
}

/** Bounds of {@link parseStrictJson}. `maxMembers` counts object members and array elements in the whole document. */
export interface StrictJsonLimits {
  maxDepth: number;
  maxMembers: number;
}

/**
 * Reads JSON so that every reader must see the same document: UTF-8 without errors or byte order mark, no key twice in one object at any
 * depth (readers differ on which one wins), no lone surrogates (readers differ on their replacement) and no NUL (Postgres can't hold it).
 * Linear in the input. Throws {@link StrictJsonError}. Source: RFC 8259 §4 and §8, RFC 7493.
 */
export function parseStrictJson(bytes: Uint8Array, limits: StrictJsonLimits): unknown {
  const text = decode(bytes);
  try {
    // The scan is right for valid JSON and harmless for anything else, which JSON.parse then refuses. It goes first because JSON.parse
    // itself has no bound on depth.
    new Scanner(text, limits).run();
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new StrictJsonError(`it is not JSON (${error.message.slice(0, 120)})`);
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StrictJsonError('it is not UTF-8');
  }
}

class Scanner {
  // One entry per open container: the keys seen so far in an object (null until the first), undefined in an array.
  private readonly open: (Set<string> | null | undefined)[] = [];
  private members = 0;
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly limits: StrictJsonLimits,
  ) {}

  run(): void {
    let keyNext = false;
    for (; this.at < this.text.length; this.at++) {
      switch (this.text[this.at]) {
        case '"': {
          const end = this.endOfString();
          if (keyNext) this.seeKey(this.text.slice(this.at, end + 1));
          keyNext = false;
          this.at = end;
          break;
        }
        case '{':
          this.enter(null);
          keyNext = true;
          break;
        case '[':
          this.enter(undefined);
          keyNext = false;
          break;
        case ',':
          this.count();
          keyNext = this.open.at(-1) !== undefined;
          break;
        case '}':
        case ']':
          this.open.pop();
          keyNext = false;
          break;
      }
    }
  }

  private enter(keys: null | undefined): void {
    this.count();
    if (this.open.push(keys) > this.limits.maxDepth) {
      throw new StrictJsonError(`it is nested deeper than ${this.limits.maxDepth} levels`);
    }
  }

  private count(): void {
    if (++this.members > this.limits.maxMembers) {
      throw new StrictJsonError(`it holds more than ${this.limits.maxMembers} values`);
    }
  }

  private seeKey(source: string): void {
    const key = source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
    const top = this.open.length - 1;
    const seen = this.open[top];
    if (!seen) this.open[top] = new Set([key]);
    else if (seen.has(key)) throw new StrictJsonError(`the key ${quoted(key)} stands twice in one object`);
    else seen.add(key);
  }

  /** The index of the closing quote of the string that opens at `this.at`. */
  private endOfString(): number {
    let i = this.at + 1;
    for (; i < this.text.length; i++) {
      const code = this.text.charCodeAt(i);
      if (code === QUOTE) return i;
      if (code !== BACKSLASH) continue;
      i += this.text[i + 1] === 'u' ? this.unicodeEscapeLength(i) - 1 : 1;
    }
    return i;
  }

  /** The length of the escape that starts at `at`: 6, or 12 for a surrogate pair. */
  private unicodeEscapeLength(at: number): number {
    const unit = this.codeUnit(at);
    if (unit === 0) throw new StrictJsonError('it holds a NUL character');
    if (unit >= 0xdc00 && unit <= 0xdfff) throw new StrictJsonError('it holds half a surrogate pair');
    if (!(unit >= 0xd800 && unit <= 0xdbff)) return 6;
    const second = this.text.startsWith('\\u', at + 6) ? this.codeUnit(at + 6) : 0;
    if (second >= 0xdc00 && second <= 0xdfff) return 12;
    throw new StrictJsonError('it holds half a surrogate pair');
  }

  private codeUnit(at: number): number {
    const hex = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new StrictJsonError('it is not JSON (a bad \\u escape)');
    return parseInt(hex, 16);
  }
}
