import { expect } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { EventReader, type HeardEvent } from './event-reader.js';
import { rootClient, type Scene } from './scene.js';

/** Longer than another replica takes to publish in a stalled one's place. */
const WITHIN_MS = 40_000;

/**
 * Every acknowledged push of these tags to `demo/apps/<image>` is told by one event. An image's events come in order, so those of a last push
 * close the account: what was not heard before them is lost. The documented consumer goes on where the one before it stopped: a test that
 * asks twice passes a reader of its own, begun before the first push.
 */
export async function everyPushIsTold(
  { suite }: Scene,
  image: string,
  tags: Iterable<string>,
  given?: EventReader,
): Promise<void> {
  const last = `last-${Date.now()}`;
  const root = rootClient(suite);
  await root.pushImage(`demo/apps/${image}`, aManifest({ seed: `${image} ${last}` }), [last]);
  root.close();
  const reader = given ?? EventReader.start(suite);
  try {
    const isCreation = ({ type, data }: HeardEvent) => type.startsWith('tag.created') && data['image'] === image;
    await reader.heard((event) => isCreation(event) && event.data['tag'] === last, 1, WITHIN_MS);
    const ids = new Map<string, Set<string>>();
    for (const { data, id } of reader.events.filter(isCreation)) {
      const tag = String(data['tag']);
      ids.set(tag, (ids.get(tag) ?? new Set()).add(id));
    }
    expect([...tags].filter((tag) => ids.get(tag)?.size !== 1)).toEqual([]);
  } finally {
    if (!given) await reader.stop();
  }
}
