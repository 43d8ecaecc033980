import {
  type BlobStore,
  canListKeys,
  canListUnfinished,
  canMeasureFreeSpace,
  type FreeSpace,
  hasRegistryPlaces,
  type KeyLister,
  type RegistryPlaces,
  type StoreMembers,
  type UnfinishedWrites,
} from '../port.js';

/** Abilities that have nothing to do with how bytes are stored: a wrapper has them when what it wraps has them. */
export type Abilities = Partial<FreeSpace & KeyLister & UnfinishedWrites & RegistryPlaces & StoreMembers>;

export function abilitiesOf(store: BlobStore): Abilities {
  const { members } = store as Partial<StoreMembers>;
  return {
    ...(members && { members }),
    ...(canMeasureFreeSpace(store) && { freeBytes: () => store.freeBytes() }),
    ...(canListKeys(store) && { listKeys: (prefix: string) => store.listKeys(prefix) }),
    ...(canListUnfinished(store) && {
      listUnfinished: (prefix: string) => store.listUnfinished(prefix),
      abortUnfinished: (write: Parameters<typeof store.abortUnfinished>[0]) => store.abortUnfinished(write),
    }),
    ...(hasRegistryPlaces(store) && {
      prepareRegistry: (registryId: string) => store.prepareRegistry(registryId),
      removeRegistry: (registryId: string) => store.removeRegistry(registryId),
    }),
  };
}
