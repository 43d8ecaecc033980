export { accessOf, keyOf } from './access/known-keys.js';
export { CutProxy } from './servers/cut-proxy.js';
export { FaultProxy, type Fault, type PassedRequest } from './servers/fault-proxy.js';
export { TestBucket, type BucketOptions } from './servers/s3-bucket.js';
export { hasMinio, startMinio, startSeaweedfs, type S3Server } from './servers/s3-server.js';
export { RoundRobinProxy } from './servers/round-robin-proxy.js';
export { testDatabase, testNatsUrl, type TestDatabase } from './servers/test-database.js';
export { startSuite, Suite, testComposition, type Composition, type SuiteOptions } from './servers/suite.js';
export { aBlob, someBytes } from './images/blob.js';
export {
  contentOf,
  descriptorOf,
  digestOf,
  type Algorithm,
  type Content,
  type DescriptorJson,
} from './images/content.js';
export { aLargeManifest, dataSets, type DataSet } from './images/data-sets.js';
export { anIndex, type IndexOptions } from './images/image-index.js';
export { anArtifact, aManifest, type ManifestOptions, type SyntheticManifest } from './images/manifest.js';
export { MEDIA_TYPES } from './images/media-types.js';
export { AdminApi, type NewRegistry, type PolicyJson, type Someone } from './client/admin-api.js';
export { BLOB_PUSHES, locationOf, openUpload, UploadSession, withQuery, type BlobPush } from './client/blob-pushes.js';
export { RawConnection, RawReply, type RawRequest } from './client/raw-request.js';
export { sendBytes, vanishAfter } from './client/raw-socket.js';
export { RegistryClient, type ClientOptions, type Login } from './client/registry-client.js';
export {
  basic,
  challengeOf,
  TokenEndpoint,
  type Challenge,
  type Credentials,
  type TokenAnswer,
} from './client/token-login.js';
