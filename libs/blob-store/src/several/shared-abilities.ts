import {
  type BlobStore,
  canListKeys,
  canListUnfinished,
  canMeasureFreeSpace,
  type FreeSpace,
  hasRegistryPlaces,
  type KeyLister,
  type RegistryPlaces,
  type UnfinishedWrite,
  type UnfinishedWrites,
} from '../port.js';

type Shared = Partial<FreeSpace & KeyLister & UnfinishedWrites & RegistryPlaces>;

/** What several stores can do together: room is that of the first, where new bytes go; the rest is done by each that can. */
export function sharedAbilities(members: readonly [BlobStore, ...BlobStore[]]): Shared {
  const [first] = members;
  const writers = members.filter((member) => canListUnfinished(member));
  const placed = members.filter((member) => hasRegistryPlaces(member));
  return {
    ...(canMeasureFreeSpace(first) && { freeBytes: () => first.freeBytes() }),
    ...(members.every((member) => canListKeys(member)) && { listKeys: (prefix: string) => keysOf(members, prefix) }),
    ...(writers.length > 0 && unfinishedOf(writers)),
    ...(placed.length > 0 && placesOf(placed)),
  };
}

/** A key is in one store, but for what is left of attempts in another: it is then listed twice. */
async function* keysOf(members: readonly (BlobStore & KeyLister)[], prefix: string): AsyncIterable<string> {
  for (const member of members) yield* member.listKeys(prefix);
}

function unfinishedOf(writers: readonly UnfinishedWrites[]): UnfinishedWrites {
  return {
    async *listUnfinished(prefix: string): AsyncIterable<UnfinishedWrite> {
      for (const [at, writer] of writers.entries()) {
        for await (const write of writer.listUnfinished(prefix)) yield { ...write, id: `${at} ${write.id}` };
      }
    },
    async abortUnfinished({ id, ...write }: UnfinishedWrite): Promise<void> {
      const space = id.indexOf(' ');
      const writer = writers[Number(id.slice(0, space))];
      if (!writer) throw new RangeError('an unfinished write of none of these stores');
      await writer.abortUnfinished({ ...write, id: id.slice(space + 1) });
    },
  };
}

function placesOf(placed: readonly RegistryPlaces[]): RegistryPlaces {
  return {
    async prepareRegistry(registryId: string): Promise<void> {
      for (const member of placed) await member.prepareRegistry(registryId);
    },
    async removeRegistry(registryId: string): Promise<void> {
      for (const member of placed) await member.removeRegistry(registryId);
    },
  };
}
