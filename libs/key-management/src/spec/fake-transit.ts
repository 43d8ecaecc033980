import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const ALLOWED = new Set([
  'GET transit/keys/entrepot',
  ...['encrypt', 'decrypt', 'rewrap'].map((verb) => `POST transit/${verb}/entrepot`),
]);
const ENVELOPE = { lease_id: '', renewable: false, lease_duration: 0, wrap_info: null, warnings: null, auth: null };

/** How the next requests go wrong. */
export type Mishap = 'sealed' | 'internal' | 'slow' | 'cut' | 'nonsense' | 'long';

/**
 * A Vault transit engine as its documentation has it, over real HTTP: one named key with versions, derived per context, AES-256-GCM, ciphertexts
 * `vault:v<n>:<base64>`, errors `{"errors": […]}` with Vault's own words. https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export class FakeTransit {
  readonly requests: { method: string; path: string; namespace: string | undefined }[] = [];
  readonly mishaps: Mishap[] = [];
  token = 'hvs.first';
  /** The token's policy is as docs/operations.md has it; else it may do everything. */
  narrow = true;
  /** `deletion_allowed`, and somebody did. */
  deleted = false;
  derived = true;
  minDecryptionVersion = 1;
  #versions = [randomBytes(32)];

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
  ) {}

  static async start(tls?: { key: string; cert: string }): Promise<FakeTransit> {
    const handler = (request: IncomingMessage, response: ServerResponse) => void fake.#answer(request, response);
    const server = tls ? (createTlsServer(tls, handler) as unknown as Server) : createServer(handler);
    const fake: FakeTransit = new FakeTransit(server, tls ? 'https' : 'http');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get address(): string {
    // The certificate of the tests is for this name.
    const host = this.scheme === 'https' ? 'localhost' : '127.0.0.1';
    return `${this.scheme}://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** `vault write -f transit/keys/<name>/rotate` */
  rotate(): void {
    this.#versions.push(randomBytes(32));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    this.requests.push({ method, path: url, namespace: headers['x-vault-namespace'] as string | undefined });
    const mishap = this.mishaps.shift();
    if (mishap) return this.#fail(mishap, response);
    const send = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (headers['x-vault-token'] !== this.token) return void send(403, { errors: ['permission denied'] });
    const [, , mount, verb, name] = url.split('/');
    const route = `${mount}/${verb}/${name}`;
    // A policy is asked before the mount and the key are looked for.
    if (this.narrow && !ALLOWED.has(`${method} ${route}`))
      return void send(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] });
    if (mount !== 'transit')
      return void send(404, { errors: [`no handler for route "${route}". route entry not found.`] });
    const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>);
    try {
      const data = this.#do(`${method} ${verb}`, name ?? '', body);
      send(200, { ...ENVELOPE, request_id: randomUUID(), data });
    } catch (error) {
      const { status = 400, message } = error as { status?: number; message: string };
      send(status, { errors: message === '' ? [] : [message] });
    }
  }

  #do(what: string, name: string, body: Record<string, string>): object {
    if (name !== 'entrepot' || this.deleted) {
      // A token that may create makes a key by encrypting.
      if (what === 'POST encrypt') return this.#encrypt(body['plaintext'] ?? '', body['context'] ?? '');
      throw refusal(what === 'GET keys' ? '' : 'encryption key not found', what === 'GET keys' ? 404 : 400);
    }
    if (what === 'GET keys') {
      const { derived, minDecryptionVersion: min_decryption_version } = this;
      return { name, type: 'aes256-gcm96', derived, latest_version: this.#versions.length, min_decryption_version };
    }
    if (this.derived && !body['context'])
      throw refusal(
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key",
      );
    if (what === 'POST encrypt') return this.#encrypt(body['plaintext'] ?? '', body['context'] ?? '');
    if (what === 'POST decrypt') return { plaintext: this.#decrypt(body) };
    if (what === 'POST rewrap') return this.#encrypt(this.#decrypt(body), body['context'] ?? '');
    throw refusal('', 404);
  }

  #encrypt(plaintext: string, context: string): object {
    const version = this.#versions.length;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#derive(version, context), nonce);
    const sealed = Buffer.concat([
      nonce,
      cipher.update(Buffer.from(plaintext, 'base64')),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return { ciphertext: `vault:v${version}:${sealed.toString('base64')}`, key_version: version };
  }

  #decrypt({ ciphertext = '', context = '' }: Record<string, string>): string {
    const [, number, text = ''] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
    if (number === undefined) throw refusal('invalid ciphertext: no prefix');
    const version = Number(number);
    if (!this.#versions[version - 1]) throw refusal('invalid ciphertext: version is too new');
    if (version < this.minDecryptionVersion)
      throw refusal('ciphertext or signature version is disallowed by policy (too old)');
    const sealed = Buffer.from(text, 'base64');
    if (sealed.length < 12 + 16) throw refusal('invalid ciphertext length');
    const decipher = createDecipheriv('aes-256-gcm', this.#derive(version, context), sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('base64');
    } catch {
      throw refusal('cipher: message authentication failed');
    }
  }

  #derive(version: number, context: string): Buffer {
    return createHmac('sha256', this.#versions[version - 1] as Buffer)
      .update(this.derived ? Buffer.from(context, 'base64') : '')
      .digest();
  }

  #fail(mishap: Mishap, response: ServerResponse): void {
    const send = (status: number, text: string) => void response.writeHead(status).end(text);
    if (mishap === 'sealed') return send(503, JSON.stringify({ errors: ['Vault is sealed'] }));
    if (mishap === 'internal') return send(500, JSON.stringify({ errors: ['internal error'] }));
    if (mishap === 'nonsense') return send(200, '<html>a proxy</html>');
    if (mishap === 'long') return send(200, 'x'.repeat(2 * 1024 * 1024));
    if (mishap === 'cut') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":', () => response.destroy());
    }
    // 'slow': never answers.
  }
}

function refusal(message: string, status = 400): Error {
  return Object.assign(new Error(message), { status });
}
