// Everything that every candidate holds before it is measured: the same bytes for all.
import { aBlob, aLargeBlob } from './bytes.mjs';
import { aBuiltImage, aConfig, aManifest } from './image.mjs';

/** Registry `demo`, repository `apps`: there after the first start of this suite, and just a name to the peers. */
export const imageName = (name) => `demo/apps/${name}`;

const padded = (number) => String(number).padStart(4, '0');

/** The image that each of the clients pushes to and pulls from. */
export const clientImages = (size) =>
  Array.from({ length: size.clients }, (_, client) => imageName(`client-${client}`));

/** New images for each client, in the order of the clients; `prefix` keeps their tags apart from others'. */
export const builtImages = (size, prefix) =>
  clientImages(size).map((name) =>
    Array.from({ length: size.imagesPerClient }, (_, number) =>
      aBuiltImage(name, `${prefix}-${number}`, size.blobBytes),
    ),
  );

/** The content for a size of options.mjs. */
export function makeContent(size) {
  return {
    images: Array.from({ length: size.images }, (_, index) => anImage(`image-${padded(index)}`, index)),
    tagged: aTaggedImage(size.tags),
    referred: aReferredImage(size.referrers),
    pulled: builtImages(size, 'built'),
    blobs: {
      name: imageName('blobs'),
      blobs: Array.from({ length: size.blobs }, () => aBlob(size.blobBytes)),
      large: aLargeBlob(size.largeBlobBytes),
    },
  };
}

/** An image with one tag: { name, config, tag, manifest }. */
export function anImage(name, number) {
  const config = aConfig(number);
  return { name: imageName(name), config, tag: '1.0', manifest: aManifest(config) };
}

/** One image with as many tags, each a manifest of its own: { name, config, manifests: [{ tag, manifest }] }. */
function aTaggedImage(count) {
  const config = aConfig('tagged');
  const manifests = Array.from({ length: count }, (_, index) => ({
    tag: `build-${padded(index)}`,
    manifest: aManifest(config, { label: `build ${index}` }),
  }));
  return { name: imageName('tagged'), config, manifests };
}

function aReferredImage(count) {
  const image = anImage('referred', 'referred');
  const referrers = Array.from({ length: count }, (_, index) =>
    aManifest(image.config, {
      label: `referrer ${index}`,
      subject: image.manifest,
      artifactType: 'application/vnd.example.report',
    }),
  );
  return { ...image, referrers };
}
