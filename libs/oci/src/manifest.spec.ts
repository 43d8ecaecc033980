import { describe, expect, it } from '@jest/globals';
import { Digest } from './digest.js';
import { MAX_MANIFEST_BYTES } from './error-factories.js';
import { MAX_INDEX_ENTRIES, MAX_LAYERS, parseManifest } from './manifest.js';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  OCI_EMPTY_JSON,
  OCI_IMAGE_CONFIG,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  OCI_LAYER_TAR_GZIP,
} from './media-types.js';

type Json = Record<string, unknown>;

const descriptorOf = (text: string, mediaType: string, extra: Json = {}): Json => ({
  mediaType,
  digest: Digest.of(Buffer.from(text)).toString(),
  size: text.length,
  ...extra,
});
const config = descriptorOf('config', OCI_IMAGE_CONFIG);
const layer = descriptorOf('layer', OCI_LAYER_TAR_GZIP);
const child = descriptorOf('child', OCI_IMAGE_MANIFEST);
const anImage = (extra: Json = {}): Json => ({
  schemaVersion: 2,
  mediaType: OCI_IMAGE_MANIFEST,
  config,
  layers: [layer],
  ...extra,
});
const anIndex = (extra: Json = {}): Json => ({
  schemaVersion: 2,
  mediaType: OCI_IMAGE_INDEX,
  manifests: [child],
  ...extra,
});

const parse = (document: unknown, contentType: string | null = null) =>
  parseManifest(Buffer.from(JSON.stringify(document)), contentType);
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'MANIFEST_INVALID', status: 400, message: expect.stringMatching(message) }) as never;
const digests = (list: { digest: Digest }[]) => list.map((one) => one.digest.toString());

describe('parseManifest of an image', () => {
  it('finds config, layers, required blobs and the total size', () => {
    const document = anImage({ annotations: { a: 'b' } });
    const parsed = parse(document, OCI_IMAGE_MANIFEST);
    expect(parsed).toMatchObject({ mediaType: OCI_IMAGE_MANIFEST, kind: 'image', subject: null, children: [] });
    expect(parsed.config?.digest.toString()).toBe(config['digest']);
    expect(digests(parsed.requiredBlobs)).toEqual([config['digest'], layer['digest']]);
    expect(parsed.annotations).toEqual({ a: 'b' });
    expect(parsed.totalSize).toBe('config'.length + 'layer'.length + JSON.stringify(document).length);
  });

  it('takes the artifact type from the manifest, else from the config', () => {
    expect(parse(anImage({ artifactType: 'application/vnd.x' })).artifactType).toBe('application/vnd.x');
    expect(parse(anImage()).artifactType).toBe(OCI_IMAGE_CONFIG);
    expect(parse(anImage({ artifactType: '' })).artifactType).toBe(OCI_IMAGE_CONFIG);
  });

  it('accepts Docker schema 2', () => {
    expect(parse(anImage({ mediaType: DOCKER_MANIFEST }), DOCKER_MANIFEST).kind).toBe('image');
  });

  it.each([[[]], [null], [undefined]])('accepts %j for no layers', (layers) => {
    const parsed = parse(anImage({ layers }));
    expect(parsed.layers).toEqual([]);
    expect(digests(parsed.requiredBlobs)).toEqual([config['digest']]);
  });

  it('accepts an artifact: an empty config and a layer of any type', () => {
    const empty = descriptorOf('{}', OCI_EMPTY_JSON);
    const parsed = parse(anImage({ artifactType: 'application/vnd.x', config: empty, layers: [empty] }));
    expect(digests(parsed.layers)).toEqual([empty['digest']]);
    expect(digests(parsed.requiredBlobs)).toEqual([empty['digest']]);
  });

  it('accepts a subject, which need not exist', () => {
    expect(parse(anImage({ subject: child })).subject?.digest.toString()).toBe(child['digest']);
    expect(parse(anImage({ subject: null })).subject).toBeNull();
  });

  it('does not require layers that live elsewhere, but keeps them in the list', () => {
    const elsewhere = [
      descriptorOf('1', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', {
        urls: ['https://x.example/1'],
      }),
      descriptorOf('2', 'application/vnd.oci.image.layer.nondistributable.v1.tar'),
      descriptorOf('3', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
      descriptorOf('4', OCI_LAYER_TAR_GZIP, { urls: ['https://x.example/4'] }),
    ];
    const parsed = parse(anImage({ layers: [...elsewhere, layer] }));
    expect(parsed.layers).toHaveLength(5);
    expect(digests(parsed.requiredBlobs)).toEqual([config['digest'], layer['digest']]);
  });

  it('requires the config even when it claims to live elsewhere', () => {
    const parsed = parse(anImage({ config: { ...config, urls: ['https://x.example/c'] } }));
    expect(digests(parsed.requiredBlobs)).toContain(config['digest']);
  });

  it('names a blob once that is listed twice, and counts it as often as listed', () => {
    const parsed = parse(anImage({ layers: [layer, layer] }));
    expect(parsed.requiredBlobs).toHaveLength(2);
    expect(parsed.totalSize).toBe(JSON.stringify(anImage({ layers: [layer, layer] })).length + 6 + 5 + 5);
  });

  it('accepts sha512 digests and unknown fields at every level', () => {
    const digest = Digest.of(Buffer.from('layer'), 'sha512').toString();
    const parsed = parse(
      anImage({ 'org.example': [{ a: null }], layers: [{ ...layer, digest, newUnspecifiedField: null }] }),
    );
    expect(digests(parsed.layers)).toEqual([digest]);
  });

  it('accepts embedded data that is the content', () => {
    const data = Buffer.from('config').toString('base64');
    expect(parse(anImage({ config: { ...config, data } })).config).not.toHaveProperty('data');
    const empty = { ...descriptorOf('', OCI_LAYER_TAR_GZIP), data: '' };
    expect(parse(anImage({ layers: [empty] })).layers[0]?.size).toBe(0);
  });

  it.each([
    ['no config', anImage({ config: undefined }), /config is missing/],
    ['a config that is a list', anImage({ config: [] }), /config must be an object/],
    ['layers that are no list', anImage({ layers: {} }), /layers must be a list/],
    ['a layer that is text', anImage({ layers: ['sha256:x'] }), /layers\[0\] must be an object/],
    ['manifests beside layers', anImage({ manifests: [child] }), /may not have "manifests"/],
    ['empty manifests beside layers', anImage({ manifests: [] }), /may not have "manifests"/],
    ['schema 1 layers beside layers', anImage({ fsLayers: [] }), /may not have "fsLayers"/],
    ['no schemaVersion', anImage({ schemaVersion: undefined }), /schemaVersion must be 2/],
    ['schemaVersion in text', anImage({ schemaVersion: '2' }), /schemaVersion must be 2/],
    ['schema 1', { schemaVersion: 1, name: 'x', fsLayers: [] }, /schema 1 manifests are not supported/],
    ['annotations that are a list', anImage({ annotations: [] }), /annotations must be an object/],
    ['an annotation that is a number', anImage({ annotations: { a: 1 } }), /the value of "a" must be a string/],
    ['an artifactType with a line break', anImage({ artifactType: 'a/b\r\nx: y' }), /is not a media type/],
    ['an endless artifactType', anImage({ artifactType: 'a'.repeat(1_000_000) }), /is not a media type/],
    ['a bad subject', anImage({ subject: { ...child, digest: 'sha256:x' } }), /subject\.digest/],
    ['a key that differs in case', anImage({ Layers: [] }), /"Layers", which some clients read as "layers"/],
    ['a key with a long s', anImage({ '\u017fubject': child }), /read as "subject"/],
    [
      'a descriptor key that differs in case',
      anImage({ config: { ...config, Digest: 'x' } }),
      /config has the key "Digest"/,
    ],
    [
      'one digest with two sizes',
      anImage({ layers: [layer, { ...layer, size: 6 }] }),
      /listed with two sizes, 5 and 6/,
    ],
    [
      'sizes that add up to more than a number holds',
      anImage({ layers: [{ ...layer, size: Number.MAX_SAFE_INTEGER }] }),
      /add up to more/,
    ],
    [
      'too many layers',
      anImage({ layers: Array.from({ length: MAX_LAYERS + 1 }, () => layer) }),
      /layers has 4097 entries, 4096 are allowed/,
    ],
  ])('refuses %s', (_what, document, message) => {
    expect(() => parse(document)).toThrow(invalid(message));
  });

  it.each([
    ['no mediaType', { mediaType: undefined }, /layers\[0\]\.mediaType is missing/],
    ['an empty mediaType', { mediaType: '' }, /mediaType is missing/],
    ['a mediaType that is a number', { mediaType: 5 }, /mediaType must be a string/],
    ['no digest', { digest: undefined }, /layers\[0\]\.digest is missing/],
    ['an upper-case digest', { digest: `sha256:${'A'.repeat(64)}` }, /lower case/],
    ['a sha512 value under sha256', { digest: `sha256:${'a'.repeat(128)}` }, /has 64 hex digits/],
    ['a digest that is a path', { digest: '../../etc/passwd' }, /layers\[0\]\.digest: /],
    ['no size', { size: undefined }, /size must be a whole number/],
    ['a negative size', { size: -1 }, /size must be a whole number/],
    ['half a byte', { size: 0.5 }, /size must be a whole number/],
    ['a size in text', { size: '5' }, /size must be a whole number/],
    ['a size beyond exactness', { size: 2 ** 53 }, /size must be a whole number/],
    ['urls that are text', { urls: 'https://x' }, /urls must be a list/],
    ['urls that are numbers', { urls: [1] }, /urls must hold strings/],
    ['annotations with null', { annotations: { a: null } }, /must be a string/],
    ['a platform that is text', { platform: 'linux/amd64' }, /platform must be an object/],
    ['an os that is a list', { platform: { os: [] } }, /platform\.os must be a string/],
    ['data of another length', { data: Buffer.from('layer!').toString('base64') }, /has 6 bytes, its size says 5/],
    ['data of other content', { data: Buffer.from('LAYER').toString('base64') }, /is not the content of/],
    ['data that is not base64', { data: 'bGF5Z-I=' }, /is not base64/],
    ['data cut short', { data: 'bGF5ZXI' }, /is not base64/],
    ['data that is an object', { data: {} }, /data must be a string/],
  ])('refuses a descriptor with %s', (_what, change, message) => {
    expect(() => parse(anImage({ layers: [{ ...layer, ...change }] }))).toThrow(invalid(message));
  });
});

describe('parseManifest of an index', () => {
  it('finds the children with their platforms', () => {
    const platform = { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['x'], extra: 1 };
    const parsed = parse(anIndex({ manifests: [{ ...child, platform, annotations: { a: 'b' } }] }), OCI_IMAGE_INDEX);
    expect(parsed).toMatchObject({ kind: 'index', artifactType: null, config: null, layers: [], requiredBlobs: [] });
    expect(parsed.children).toHaveLength(1);
    expect(parsed.children[0]).toMatchObject({
      platform: { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['x'] },
      annotations: { a: 'b' },
    });
    expect(parsed.children[0]?.platform).not.toHaveProperty('extra');
  });

  it("accepts an empty list, an index of indexes and Docker's manifest list", () => {
    expect(parse(anIndex({ manifests: [] })).children).toEqual([]);
    expect(parse(anIndex({ manifests: null })).children).toEqual([]);
    expect(parse(anIndex({ manifests: [{ ...child, mediaType: OCI_IMAGE_INDEX }] })).children).toHaveLength(1);
    expect(parse(anIndex({ mediaType: DOCKER_MANIFEST_LIST }), DOCKER_MANIFEST_LIST).kind).toBe('index');
  });

  it('keeps subject, artifact type and annotations', () => {
    const parsed = parse(anIndex({ subject: child, artifactType: 'application/vnd.x', annotations: { a: 'b' } }));
    expect(parsed).toMatchObject({ artifactType: 'application/vnd.x', annotations: { a: 'b' } });
    expect(parsed.subject?.digest.toString()).toBe(child['digest']);
  });

  it('takes entries that are no manifests for blobs, as in a build cache', () => {
    const parsed = parse(anIndex({ manifests: [layer, child] }));
    expect(digests(parsed.children)).toEqual([child['digest']]);
    expect(digests(parsed.requiredBlobs)).toEqual([layer['digest']]);
  });

  it.each([
    ['no manifests', anIndex({ manifests: undefined }), /manifests is missing/],
    ['layers beside manifests', anIndex({ layers: [] }), /may not have "layers"/],
    ['a config beside manifests', anIndex({ config }), /may not have "config"/],
    ['one child with two sizes', anIndex({ manifests: [child, { ...child, size: 1 }] }), /two sizes/],
    [
      'too many entries',
      anIndex({ manifests: Array.from({ length: MAX_INDEX_ENTRIES + 1 }, () => child) }),
      /manifests has 10001 entries/,
    ],
  ])('refuses %s', (_what, document, message) => {
    expect(() => parse(document)).toThrow(invalid(message));
  });
});

describe('parseManifest and the media type', () => {
  it('needs only one of Content-Type and mediaType', () => {
    expect(parse(anImage({ mediaType: undefined }), OCI_IMAGE_MANIFEST).mediaType).toBe(OCI_IMAGE_MANIFEST);
    expect(parse(anImage(), null).mediaType).toBe(OCI_IMAGE_MANIFEST);
    expect(parse(anImage(), '').mediaType).toBe(OCI_IMAGE_MANIFEST);
  });

  it('drops parameters and ignores case of the header', () => {
    expect(parse(anImage(), 'Application/vnd.oci.image.manifest.v1+JSON; charset=utf-8').mediaType).toBe(
      OCI_IMAGE_MANIFEST,
    );
  });

  it.each([
    ['an image sent as an index', anImage(), OCI_IMAGE_INDEX, /Content-Type is .* but the document's mediaType is/],
    ["an OCI image sent as Docker's", anImage(), DOCKER_MANIFEST, /Content-Type is/],
    ['an untyped image sent as an index', anImage({ mediaType: undefined }), OCI_IMAGE_INDEX, /may not have "config"/],
    [
      'an untyped index sent as an image',
      anIndex({ mediaType: undefined }),
      OCI_IMAGE_MANIFEST,
      /may not have "manifests"/,
    ],
    [
      'an image nobody typed',
      anImage({ mediaType: undefined }),
      null,
      /probably application\/vnd\.oci\.image\.manifest/,
    ],
    ['an index nobody typed', anIndex({ mediaType: undefined }), null, /probably application\/vnd\.oci\.image\.index/],
    [
      'plain JSON',
      anImage({ mediaType: undefined }),
      'application/json',
      /is not the media type of a manifest: use one of/,
    ],
    ['a mediaType that is a list', anImage({ mediaType: [] }), null, /mediaType must be a string/],
    ['schema 1', anImage(), 'application/vnd.docker.distribution.manifest.v1+prettyjws', /schema 1/],
    [
      'the withdrawn artifact manifest',
      { schemaVersion: 2 },
      'application/vnd.oci.artifact.manifest.v1+json',
      /withdrawn/,
    ],
  ])('refuses %s', (_what, document, contentType, message) => {
    expect(() => parse(document, contentType)).toThrow(invalid(message));
  });
});

describe('parseManifest and the bytes', () => {
  it.each([
    ['text', 'blablabla', /not JSON/],
    ['a list', '[]', /must be an object/],
    ['null', 'null', /must be an object/],
    ['nothing', '', /not JSON/],
    ['a key twice', '{"schemaVersion":2,"schemaVersion":2}', /"schemaVersion" stands twice/],
  ])('refuses %s', (_what, source, message) => {
    expect(() => parseManifest(Buffer.from(source), OCI_IMAGE_MANIFEST)).toThrow(invalid(message));
  });

  it('refuses one byte more than 4 MiB with 413, unread', () => {
    const tooLarge = expect.objectContaining({ code: 'MANIFEST_INVALID', status: 413 }) as never;
    expect(() => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1), null)).toThrow(tooLarge);
  });

  it('accepts exactly 4 MiB', () => {
    const source = JSON.stringify(anImage());
    const padded = Buffer.from(source + ' '.repeat(MAX_MANIFEST_BYTES - source.length));
    expect(parseManifest(padded, null).kind).toBe('image');
  });

  it('reads 390 annotations of 10,000 characters', () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 390 }, (_, i) => [`org.example.${i}`, String.fromCharCode(97 + (i % 26)).repeat(10_000)]),
    );
    const bytes = Buffer.from(JSON.stringify(anImage({ annotations })));
    expect(bytes.length).toBeGreaterThan(3_900_000);
    expect(Object.keys(parseManifest(bytes, OCI_IMAGE_MANIFEST).annotations)).toHaveLength(390);
  });

  it('reads the fullest index allowed', () => {
    const manifests = Array.from({ length: MAX_INDEX_ENTRIES }, (_, i) => ({
      ...descriptorOf(String(i), OCI_IMAGE_MANIFEST),
      platform: { architecture: 'amd64', os: 'linux' },
    }));
    const bytes = Buffer.from(JSON.stringify(anIndex({ manifests })));
    expect(parseManifest(bytes, null).children).toHaveLength(MAX_INDEX_ENTRIES);
  });

  it('keeps __proto__ in annotations as data', () => {
    const source = `{"schemaVersion":2,"mediaType":"${OCI_IMAGE_INDEX}","manifests":[],"annotations":{"__proto__":"x"}}`;
    const { annotations } = parseManifest(Buffer.from(source), null);
    expect(Object.keys(annotations)).toEqual(['__proto__']);
    expect(({} as Json)['x']).toBeUndefined();
  });
});
