import { describe } from '@jest/globals';
import { blobPulls } from './conformance/blob-pulls.js';
import { blobPushes } from './conformance/blob-pushes.js';
import { catalogList } from './conformance/catalog-list.js';
import { digestMistakes } from './conformance/digest-mistakes.js';
import { manifestMistakes } from './conformance/manifest-mistakes.js';
import { manifestSets } from './conformance/manifest-sets.js';
import { mounts } from './conformance/mounts.js';
import { neededContent } from './conformance/needed-content.js';
import { referrers } from './conformance/referrers.js';
import { tagLists } from './conformance/tag-lists.js';
import { uploadSessions } from './conformance/upload-sessions.js';
import { placeOf, type Style } from './support/place.js';
import { useSuite } from './support/scene.js';

// The ground of the official conformance suite of distribution-spec main, walked by tests of our own: so it stays true where that suite
// cannot run. https://github.com/opencontainers/distribution-spec/tree/main/conformance
const scene = useSuite();

describe.each<Style>(['path', 'host'])('distribution-spec in %s style', (style) => {
  const place = () => placeOf(scene(), style);
  describe.each(['sha256', 'sha512'] as const)('blobs by %s', (algorithm) => {
    blobPushes(place, algorithm);
    blobPulls(place, algorithm);
    uploadSessions(place, algorithm);
    mounts(place, algorithm);
    digestMistakes(place, algorithm);
  });
  describe('manifests', () => {
    manifestSets(place, style);
    manifestMistakes(place);
    neededContent(place);
  });
  describe('discovery', () => {
    tagLists(place);
    referrers(place);
    catalogList(place);
  });
});
