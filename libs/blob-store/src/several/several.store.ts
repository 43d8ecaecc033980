import type { Readable } from 'node:stream';
import { ForeignBlobRecord } from '../errors.js';
import { assertKey } from '../keys.js';
import type {
  AppendOptions,
  Appended,
  BlobLocation,
  BlobStore,
  ByteRange,
  FreeSpace,
  JsonObject,
  KeyLister,
  RecordOwner,
  RegistryPlaces,
  StoreIdentity,
  StoreMembers,
  UnfinishedWrites,
  WriterState,
} from '../port.js';
import { sharedAbilities } from './shared-abilities.js';

/** A store that can stand beside others. */
export type Member = BlobStore & RecordOwner;

/**
 * Several stores of one installation: the first takes everything new, the others are read, deleted from, and finish what they began. Whose a
 * state or a location is, it tells by its form, so records are the drivers' own: a store may come and go as long as no row names it.
 */
export class SeveralBlobStores implements BlobStore, StoreMembers {
  readonly #first: Member;

  private constructor(readonly members: readonly [Member, ...Member[]]) {
    this.#first = members[0];
  }

  /** With the abilities that have nothing to do with one blob; those of reading are its members', see `memberFor`. Drivers must differ. */
  static of(
    ...members: [Member, ...Member[]]
  ): SeveralBlobStores & Partial<FreeSpace & KeyLister & UnfinishedWrites & RegistryPlaces> {
    return Object.assign(new SeveralBlobStores(members), sharedAbilities(members));
  }

  /** The store that made a state or location. Throws `ForeignBlobRecord` when it is none of these. */
  memberOf(record: JsonObject): Member {
    const member = this.members.find((it) => it.owns(record));
    if (member) return member;
    const names = this.members.map(({ driver }) => driver).join(', ');
    throw new ForeignBlobRecord(`the blob is in a store that is not named in the settings, which name ${names}`);
  }

  begin(key: string): Promise<WriterState> {
    return this.#first.begin(key);
  }

  async append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: AppendOptions,
  ): Promise<Appended> {
    return this.#writer(key, state).append(key, state, bytes, options);
  }

  async commit(key: string, state: WriterState): Promise<BlobLocation> {
    return this.#writer(key, state).commit(key, state);
  }

  async tidy(location: BlobLocation): Promise<void> {
    return this.memberOf(location).tidy(location);
  }

  /** In all of them: while gateways change from one first store to another, attempts at one blob may have begun in both. */
  async abort(key: string, state: WriterState | null): Promise<void> {
    await this.#all((member) => member.abort(key, state && member.owns(state) ? state : null));
  }

  async read(location: BlobLocation, range?: ByteRange): Promise<Readable> {
    return this.memberOf(location).read(location, range);
  }

  async readState(key: string, state: WriterState): Promise<Readable> {
    return this.#writer(key, state).readState(key, state);
  }

  async delete(location: BlobLocation): Promise<void> {
    return this.memberOf(location).delete(location);
  }

  async deleteKey(key: string): Promise<void> {
    await this.#all((member) => member.deleteKey(key));
  }

  async checkWritable(): Promise<void> {
    await this.#all((member) => member.checkWritable());
  }

  /** Of the first. Who must know about all of them asks `membersOf`. */
  identity(): Promise<StoreIdentity | null> {
    return this.#first.identity();
  }

  async writeIdentity(identity: StoreIdentity): Promise<void> {
    await this.#all((member) => member.writeIdentity(identity));
  }

  #writer(key: string, state: WriterState): Member {
    assertKey(key);
    return this.memberOf(state);
  }

  async #all(act: (member: Member) => Promise<void>): Promise<void> {
    for (const member of this.members) await act(member);
  }
}

/** The store to ask for its abilities with one blob: itself, or the member that made the record. Throws `ForeignBlobRecord`. */
export function memberFor(store: BlobStore, record: JsonObject): BlobStore {
  return store instanceof SeveralBlobStores ? store.memberOf(record) : store;
}
