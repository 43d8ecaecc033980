import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '@entrepot/platform-config';
import { MasterKeysUnavailable } from '../errors.js';

/** How to reach a Vault or OpenBao. */
export interface VaultAddress {
  /** `https://vault.example:8200` */
  readonly address: string;
  /** Where the transit engine is mounted: `transit`. */
  readonly mount: string;
  /** Vault Enterprise and OpenBao: the namespace. */
  readonly namespace?: string | undefined;
  readonly token?: Secret | undefined;
  /** File that holds the token; read again whenever Vault refuses, since an agent renews it there. */
  readonly tokenPath?: string | undefined;
  /** PEM of the authorities that Vault's certificate is checked with, instead of the system's. */
  readonly ca?: string | undefined;
  /** For one request. */
  readonly timeoutMs: number;
  /** The first pause before another try, about; each next one is twice as long. 200 unless told. */
  readonly backoffMs?: number | undefined;
}

/** Vault said no, and saying it again would not help. `errors` are its own words; it never repeats keys in them. */
export class VaultRefusal extends Error {
  override readonly name = 'VaultRefusal';

  constructor(
    readonly status: number,
    readonly errors: readonly string[],
  ) {
    super(`Vault answers ${wordsOf(status, errors)}`);
  }

  /** `503: Vault is sealed` */
  get words(): string {
    return wordsOf(this.status, this.errors);
  }
}

function wordsOf(status: number, errors: readonly string[]): string {
  return `${status}: ${errors.join('; ').slice(0, 300) || 'no reason'}`;
}

const TRIES = 4;
const BACKOFF_MS = 200;
// Answers hold one wrapped key, or what is known about one named key.
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_TOKEN_BYTES = 16 * 1024;

interface VaultAnswer {
  readonly status: number;
  readonly body: string;
}

/** Speaks the HTTP API of the transit secrets engine. https://developer.hashicorp.com/vault/api-docs/secret/transit */
export class TransitClient {
  #token: string | null = null;

  constructor(private readonly vault: VaultAddress) {}

  /**
   * `data` of the answer. Tries again after 5xx, 429 and broken connections, with growing, jittered pauses. Throws `VaultRefusal` for a 4xx, and
   * `MasterKeysUnavailable` when Vault doesn't answer, is sealed, or refuses the token.
   */
  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>> {
    const { backoffMs = BACKOFF_MS } = this.vault;
    let failure: unknown;
    let freshToken = false;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0 && !freshToken) await sleep(backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
      try {
        const answer = await this.#send(method, path, body);
        if (answer.status < 300) return dataOf(answer);
        if (answer.status === 403 && this.vault.tokenPath !== undefined && !freshToken) {
          [this.#token, freshToken] = [null, true];
          failure = new VaultRefusal(403, errorsOf(answer));
          continue;
        }
        if (answer.status === 403) throw this.#refusedToken(path, new VaultRefusal(403, errorsOf(answer)));
        failure = new VaultRefusal(answer.status, errorsOf(answer));
        if (answer.status < 500 && answer.status !== 429) throw failure;
      } catch (error) {
        if (error instanceof VaultRefusal || error instanceof MasterKeysUnavailable) throw error;
        failure = error;
      }
    }
    if (failure instanceof VaultRefusal && failure.status === 403) throw this.#refusedToken(path, failure);
    throw this.#unavailable(failure);
  }

  #send(method: string, path: string, body: object | undefined): Promise<VaultAnswer> {
    const { address, mount, namespace, ca, timeoutMs } = this.vault;
    const url = new URL(`/v1/${mount}/${path}`, address);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      'x-vault-token': this.#readToken(),
      'x-vault-request': 'true',
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      ...(payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {}),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, { method, headers, signal, ...(ca === undefined ? {} : { ca }) }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('aborted', () => reject(new Error('the answer was cut off')));
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      request.once('error', reject);
      request.end(payload);
    });
  }

  /** Vault says the same of an unknown token, an expired one, and one whose policy has not this path, be there such a key or not. */
  #refusedToken(path: string, cause: VaultRefusal): MasterKeysUnavailable {
    return new MasterKeysUnavailable(
      `Vault refuses our token: it is unknown or expired, or its policy does not allow ${this.vault.mount}/${path}`,
      { cause, retryable: false },
    );
  }

  #unavailable(cause: unknown): MasterKeysUnavailable {
    const { address, timeoutMs } = this.vault;
    const says = (sentence: string) => new MasterKeysUnavailable(`Vault at ${address} ${sentence}`, { cause });
    if (cause instanceof VaultRefusal) return says(`answers ${cause.words}`);
    // What a signal ends names neither the limit nor who set it.
    if ((cause as Error).name === 'AbortError') return says(`does not answer within ${timeoutMs / 1_000} s`);
    return says(`does not answer: ${(cause as Error).message}`);
  }

  #readToken(): string {
    this.#token ??= this.vault.token?.reveal() ?? tokenIn(this.vault.tokenPath);
    return this.#token;
  }
}

function tokenIn(path: string | undefined): string {
  if (path === undefined) return '';
  try {
    return readFileSync(path, 'utf8').slice(0, MAX_TOKEN_BYTES).trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new MasterKeysUnavailable(`the Vault token can't be read from ${path} (${code})`, { cause });
  }
}

function dataOf({ body }: VaultAnswer): Record<string, unknown> {
  const { data } = parsed(body) as { data?: unknown };
  if (typeof data !== 'object' || data === null) throw new Error('the answer is not one of Vault');
  return data as Record<string, unknown>;
}

function errorsOf({ body }: VaultAnswer): string[] {
  try {
    const { errors } = parsed(body) as { errors?: unknown };
    return Array.isArray(errors) ? errors.filter((error) => typeof error === 'string') : [];
  } catch {
    return [];
  }
}

// JSON.parse repeats what it can't read in its message, and that may be an answer with a key in it.
function parsed(body: string): object {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Error('the answer is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Error('the answer is not one of Vault');
  return value;
}
