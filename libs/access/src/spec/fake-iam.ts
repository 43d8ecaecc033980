import {
  epochs,
  principalPolicies,
  tokenKeys,
  verifyCredentials,
  type Announcement,
  type Epochs,
  type PrincipalPolicies,
  type PrincipalPoliciesRequest,
  type EpochsRequest,
  type Question,
  type VerifyCredentialsRequest,
} from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { AccessMessages } from '../principals/messages.port.js';
import { claimsAt, sign, type TestKey } from './token-maker.js';

const PULL = {
  Version: '2024-07-01',
  Statement: [{ Sid: 's', Effect: 'Allow', Action: ['scr:PullRepositoryImages'], Resource: ['*'] }],
};

/** An issuer in memory: one account, one key, and a log of what was asked. */
export class FakeIam implements AccessMessages {
  readonly asked: string[] = [];
  reachable = true;
  enabled = true;
  incarnation = 'one';
  sequence = 0;
  epoch = 0;
  secret = 's:e:cret';
  /** Runs before the answer to a question goes out. */
  beforeAnswer: (subject: string) => void | Promise<void> = () => undefined;
  #listener: ((beat: Epochs) => void) | null = null;

  constructor(
    private readonly key: TestKey,
    private readonly now: () => number,
  ) {}

  async ask<Q, A>(question: Question<Q, A>, request: Q): Promise<A> {
    this.asked.push(question.subject);
    if (!this.reachable) throw new Error('nobody answers');
    const answer = this.#answer(question as never, request);
    await this.beforeAnswer(question.subject);
    return question.parseReply(answer);
  }

  hear<D>(_: Announcement<D>, listener: (data: D) => void): () => void {
    this.#listener = listener as never;
    return () => (this.#listener = null);
  }

  beat(changed: Epochs['changed'] = []): void {
    this.#listener?.({ incarnation: this.incarnation, sequence: this.sequence, changed });
  }

  /** Changes the account; the beat is the caller's. */
  raise(): Epochs['changed'] {
    this.sequence++;
    this.epoch++;
    return [{ accountId: 'acct', epoch: this.epoch }];
  }

  token(claims: Record<string, unknown> = {}): Promise<string> {
    return sign({ ...claimsAt(this.now()), ...claims }, this.key);
  }

  count(subject: { subject: string }): number {
    return this.asked.filter((asked) => asked === subject.subject).length;
  }

  #answer(question: Question<unknown, unknown>, request: unknown): unknown {
    if (question === (tokenKeys as never)) return { keys: [this.key.publicJwk] };
    if (question === (epochs as never)) return this.#epochs(request as EpochsRequest);
    if (question === (principalPolicies as never)) return this.#policies(request as PrincipalPoliciesRequest);
    if (question === (verifyCredentials as never)) return this.#verify(request as VerifyCredentialsRequest);
    throw new Error(`nobody answers ${question.subject}`);
  }

  #epochs({ since }: EpochsRequest): Epochs {
    const changed = this.sequence > since ? [{ accountId: 'acct', epoch: this.epoch }] : [];
    return { incarnation: this.incarnation, sequence: this.sequence, changed };
  }

  #policies({ principalId }: PrincipalPoliciesRequest): PrincipalPolicies {
    const known = principalId === 'EKTEST';
    return {
      principalId,
      name: known ? 'tester' : '',
      accountId: known ? 'acct' : '',
      enabled: known && this.enabled,
      policies: known ? [{ id: 'p', name: 'p', document: PULL }] : [],
      incarnation: this.incarnation,
      epoch: this.epoch,
    };
  }

  #verify({ accessKey, secret }: VerifyCredentialsRequest) {
    if (accessKey !== 'EKTEST' || secret !== this.secret || !this.enabled) throw oci.unauthorized('wrong');
    return { principalId: 'EKTEST', name: 'tester', accountId: 'acct' };
  }
}
