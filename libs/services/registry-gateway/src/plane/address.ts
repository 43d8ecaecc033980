import { type LookupKind, type LookupQuestion } from '@entrepot/contracts';
import type { HostAddress } from '@entrepot/access';
import { type ImageAddress, parseImageAddress, splitRegistrySegment } from '@entrepot/oci';

/** The `<name>` of a request, read. */
export interface PlaneAddress extends ImageAddress {
  /** As written, which is also what a token's scope names. */
  readonly name: string;
  readonly registryId: string | null;
  readonly registryName: string | null;
}

/** Throws `NAME_INVALID` or, for too few parts, `NAME_UNKNOWN` with what to write instead. */
export function addressOf(name: string, addressing: HostAddress): PlaneAddress {
  const address = parseImageAddress(name, addressing.style);
  if (addressing.style === 'host') return { ...address, name, registryId: addressing.registryId, registryName: null };
  const registry = splitRegistrySegment(address.registry ?? '');
  return { ...address, name, registryId: registry.id, registryName: registry.id === null ? registry.name : null };
}

export function questionAbout(
  address: PlaneAddress,
  kind: LookupKind,
  what: { tag?: string; digest?: string } = {},
): LookupQuestion {
  return {
    kind,
    registryId: address.registryId,
    registryName: address.registryName,
    repository: address.repository,
    image: address.image,
    tag: what.tag ?? null,
    digest: what.digest ?? null,
  };
}
