import { blobSources, mountBlob } from '@entrepot/contracts';
import type { Digest } from '@entrepot/oci';
import { mayDo, mayMountFrom } from '../access/authorize.js';
import type { Target } from '../access/target.js';
import { addressOf, questionAbout } from '../plane/address.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';

/**
 * end-11: links a blob of another image of the registry that the caller may pull. With `from`, of that image; without, of any. False when
 * there is none the caller may see: the answer is then 202 either way, so that nobody learns what exists elsewhere.
 */
export async function mount(ports: Ports, call: Call, target: Target, name: string, digest: Digest): Promise<boolean> {
  const from = call.query.get('from');
  const sources =
    from === null
      ? await anySource(ports, call, target, name, digest)
      : await namedSource(ports, call, target, name, from);
  if (sources === null || sources.repositoryIds.length === 0) return false;
  const { mounted } = await ports.messages.ask(mountBlob, {
    ...target.scope,
    digest: digest.toString(),
    sourceRepositoryIds: sources.repositoryIds,
    sourceImage: sources.image,
  });
  return mounted;
}

interface Sources {
  readonly repositoryIds: string[];
  readonly image: string | null;
}

async function namedSource(
  ports: Ports,
  call: Call,
  target: Target,
  name: string,
  from: string,
): Promise<Sources | null> {
  const address = readable(() => addressOf(from, call.addressing));
  if (address === null) return null;
  const facts = await ports.lookups.ask(questionAbout(address, 'name'));
  // Blobs live in one registry; another registry's has its own bucket and key.
  if (facts.registry?.registryId !== target.granted.registry.registryId || facts.repository === null) return null;
  if (!mayMountFrom(call, name, from, facts)) return null;
  return { repositoryIds: [facts.repository.repositoryId], image: address.image };
}

async function anySource(
  ports: Ports,
  call: Call,
  target: Target,
  name: string,
  digest: Digest,
): Promise<Sources | null> {
  const { registry } = target.granted;
  const found = await ports.messages.ask(blobSources, { registryId: registry.registryId, digest: digest.toString() });
  const visible = (visibility: 'public' | 'private') => (repositoryId: string) =>
    // No name was given that a token could hold: the right to pull here, in the token, stands for the registry; policies decide the rest.
    mayDo(call, 'pull', name, {
      ...target.granted,
      repository: { repositoryId, visibility, locked: false, state: 'Active' },
    });
  const repositoryIds = [
    ...found.publicRepositoryIds.filter(visible('public')),
    ...found.privateRepositoryIds.filter(visible('private')),
  ];
  return { repositoryIds, image: null };
}

function readable<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
