import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type AccessClient, AccessHttpModule, hostConfig } from '@entrepot/access';
import type { BlobStore } from '@entrepot/blob-store';
import { findInstallation, commitUpload, listTags, lookup, openUpload, putManifest } from '@entrepot/contracts';
import { OciError } from '@entrepot/oci';
import { loadConfig } from '@entrepot/platform-config';
import { InProcessBus, InProcessMessageClient, InProcessServer } from '@entrepot/platform-messaging';
import { silentLogger } from '@entrepot/platform-persistence';
import { CatalogConfig } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';
import { aBlob, aManifest } from './testing/pushes.js';
import { ScratchCatalog } from './testing/scratch-catalog.js';

// The database's own server stays; the module opens its own connections to it.
let catalog: ScratchCatalog;
let app: INestMicroservice;
const bus = new InProcessBus();
const client = new InProcessMessageClient(bus);
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
  await catalog.query(`UPDATE registry SET account_id = 'other'`);
  const config = loadConfig(CatalogConfig, { ENTREPOT_DATABASE_URL: catalog.url });
  const nothing = async () => undefined;
  const blobStore = {
    abort: nothing,
    delete: nothing,
    identity: async () => null,
    writeIdentity: nothing,
  } as unknown as BlobStore;
  // The management API's routes are never without their guard.
  class Root {}
  const hosts = hostConfig({ publicUrls: [], privateDomain: null, publicDomain: null });
  const imports = [
    AccessHttpModule.forRoot({ access: {} as AccessClient, hosts }),
    CatalogModule.with({ config, blobStore, logger: silentLogger }),
  ];
  app = await NestFactory.createMicroservice(
    { module: Root, imports },
    { strategy: new InProcessServer(bus), logger: false },
  );
  await app.listen();
});
afterAll(async () => {
  await app?.close();
  await catalog?.close();
});

const find = async (tag: string) => {
  const question = {
    kind: 'manifest',
    registryId: null,
    registryName: 'demo',
    repository: 'apps',
    image: 'hello',
  } as const;
  return (await client.ask(lookup, { questions: [{ ...question, tag, digest: null }] })).answers[0]!;
};

describe('the catalog behind a transport', () => {
  it('tells of which installation it is', async () => {
    const [row] = await catalog.query<{ installation: string }>(`SELECT installation FROM installation`);
    expect(await client.ask(findInstallation, {})).toEqual(row);
  });

  it('makes its defaults, then takes a push and answers for it', async () => {
    const { registry, repository } = await find('1');
    const scope = {
      registryId: registry!.registryId,
      repositoryId: repository!.repositoryId,
      image: 'hello',
      actor: 'EKSPEC',
    };
    const config = aBlob();
    const { uploadId, revision } = await client.ask(openUpload, { ...scope, algorithm: 'sha256' });
    const { digest, size } = config;
    await client.ask(commitUpload, { ...scope, uploadId, revision, digest, size, location: {} });
    const { body, contentType, descriptor } = aManifest({ config });
    await client.ask(putManifest, { ...scope, digest: null, tags: ['1'], contentType, body });
    const found = await find('1');
    expect(found.manifest?.digest).toBe(descriptor.digest);
    const { imageId } = found.image!;
    const tags = await client.ask(listTags, { registryId: scope.registryId, imageId, limit: 5, after: null });
    expect(tags).toEqual({ tags: ['1'], more: false });
  });

  it('sends refusals as the error that the data plane answers with', async () => {
    const scope = { registryId: 'f'.repeat(32), repositoryId: 'f'.repeat(32), image: 'hello', actor: 'EKSPEC' };
    const refused = client.ask(openUpload, { ...scope, algorithm: 'sha256' });
    await expect(refused).rejects.toBeInstanceOf(OciError);
    await expect(refused).rejects.toMatchObject({ code: 'NAME_UNKNOWN', status: 404 });
  });
});
