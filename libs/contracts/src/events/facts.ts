import { defineFact } from '../core/contract.js';
import {
  BlobQuarantinedFact,
  BlobRepairedFact,
  ImageFact,
  ImagePulledFact,
  ImagePushedFact,
  LoginFact,
  ManifestDeletedFact,
  RefusedFact,
  RegistryFact,
  RepositoryFact,
  TagFact,
  TagMovedFact,
} from './data.js';

const registry: RegistryFact = { registryId: '0193a0c2d4e87b0f9a1c3e5d7f90b2a4', registry: 'demo', actor: 'EKEXAMPLE' };
const repository: RepositoryFact = {
  ...registry,
  repositoryId: '0193a0c2d4e97c1f8b2d4f6e8a01c3b5',
  repository: 'apps',
};
const image: ImageFact = { ...repository, imageId: '0193a0c2d4ea7d2f9c3e5a7f9b12d4c6', image: 'hello' };
const digest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const otherDigest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
const lastAt = '2026-11-21T12:00:00.000Z';

const REGISTRY = 'Committed with the change. In order per registry.';
const IMAGE = 'Committed with the change, exactly once in effect, in order per image.';

export const registryCreated = defineFact('registry.created', 'catalog', RegistryFact, {
  summary: `A registry is Running. ${REGISTRY}`,
  example: registry,
});
export const registryUpdated = defineFact('registry.updated', 'catalog', RegistryFact, {
  summary: `A registry's settings changed. ${REGISTRY}`,
  example: registry,
});
export const registryDeleted = defineFact('registry.deleted', 'catalog', RegistryFact, {
  summary: `A registry ended. ${REGISTRY}`,
  example: registry,
});

export const repositoryCreated = defineFact('repository.created', 'catalog', RepositoryFact, {
  summary: `A repository can be pushed to. ${REGISTRY}`,
  example: repository,
});
export const repositoryUpdated = defineFact('repository.updated', 'catalog', RepositoryFact, {
  summary: `A repository's settings changed. ${REGISTRY}`,
  example: repository,
});
export const repositoryDeleted = defineFact('repository.deleted', 'catalog', RepositoryFact, {
  summary: `A repository ended, with all its images. ${REGISTRY}`,
  example: repository,
});

export const imageCreated = defineFact('image.created', 'catalog', ImageFact, {
  summary: `The first manifest of a new image was pushed. ${IMAGE}`,
  example: image,
});
export const imagePushed = defineFact('image.pushed', 'catalog', ImagePushedFact, {
  summary: `A manifest was pushed, or pushed again under other tags. A retry that changes nothing says nothing. ${IMAGE}`,
  example: {
    ...image,
    digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: null,
    size: 7_340_032,
    tags: ['1.0'],
    subject: null,
  },
});
export const imageDeleted = defineFact('image.deleted', 'catalog', ImageFact, {
  summary: `An image ended, with its manifests and tags. ${IMAGE}`,
  example: image,
});
export const manifestDeleted = defineFact('manifest.deleted', 'catalog', ManifestDeletedFact, {
  summary: `A manifest ended, with the tags named. ${IMAGE}`,
  example: { ...image, digest, tags: ['1.0'] },
});

export const tagCreated = defineFact('tag.created', 'catalog', TagFact, {
  summary: `A tag that did not exist points at a digest. ${IMAGE}`,
  example: { ...image, tag: '1.0', digest },
});
export const tagMoved = defineFact('tag.moved', 'catalog', TagMovedFact, {
  summary: `A tag points at another digest than before. ${IMAGE}`,
  example: { ...image, tag: 'latest', digest, previousDigest: otherDigest },
});
export const tagDeleted = defineFact('tag.deleted', 'catalog', TagFact, {
  summary: `A tag ended, by itself or with its manifest. ${IMAGE}`,
  example: { ...image, tag: '1.0', digest },
});

export const imagePulled = defineFact('image.pulled', 'catalog', ImagePulledFact, {
  summary:
    'Pulls of one manifest by one principal, aggregated over some seconds. A gateway that is killed loses its last seconds of counts; the access log has each pull.',
  example: { ...image, digest, count: 12, lastAt },
});
const refused: RefusedFact = {
  registryId: registry.registryId,
  repository: 'apps',
  image: 'hello',
  actor: 'EKEXAMPLE',
  reason: 'no policy allows scr:PullRepositoryImages',
  count: 1,
  lastAt,
};
export const imagePullDenied = defineFact('image.pull.denied', 'catalog', RefusedFact, {
  summary: 'Refused pulls of one principal at one address, aggregated over some seconds.',
  example: refused,
});
export const imagePushDenied = defineFact('image.push.denied', 'catalog', RefusedFact, {
  summary: 'Refused pushes and deletes of one principal at one address, aggregated over some seconds.',
  example: { ...refused, reason: 'no policy allows scr:PushRepositoryImages' },
});

const BLOB = 'Committed with the change, in order per stored generation of a blob.';
const blob = { ...registry, actor: 'catalog', digest, size: 7_340_032 };
export const blobQuarantined = defineFact('blob.quarantined', 'catalog', BlobQuarantinedFact, {
  summary: `The stored bytes of a blob are wrong, read twice: it is pulled no more until it is repaired. ${BLOB}`,
  example: { ...blob, problem: 'its digest is another one' },
});
export const blobRepaired = defineFact('blob.repaired', 'catalog', BlobRepairedFact, {
  summary: `A quarantined blob can be pulled again, from every image that has it. ${BLOB}`,
  example: { ...blob, actor: 'EKEXAMPLE', by: 'pushed' },
});

export const loginSucceeded = defineFact('login.succeeded', 'iam-authz', LoginFact, {
  summary: 'An access key logged in (`docker login`, or a token asked for without a scope).',
  example: { accessKey: 'EKEXAMPLE', user: 'root', sourceIp: '127.0.0.1', outcome: 'succeeded' },
});
export const loginDenied = defineFact('login.denied', 'iam-authz', LoginFact, {
  summary:
    'A known access key was refused: wrong secret, disabled key, too many attempts. Unknown keys are counted, not told to any account.',
  example: { accessKey: 'EKEXAMPLE', user: 'root', sourceIp: '127.0.0.1', outcome: 'denied', reason: 'wrong secret' },
});
