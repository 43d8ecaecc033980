import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import { useActors } from './authorization/actors.js';
import { dataPlaneMatrix } from './authorization/data-plane-matrix.js';
import { existence } from './authorization/existence.js';
import { foreignBlobs } from './authorization/foreign-blobs.js';
import { restMatrix } from './authorization/rest-matrix.js';
import { secondAccount } from './authorization/second-account.js';
import { useSuite } from './support/scene.js';

// Every verb by every kind of principal. The table is the specification: a cell that is not 2xx must change nothing and tell nothing.
const env = {
  // Every actor that may make a registry makes some.
  ENTREPOT_MAX_REGISTRIES: '1000',
  ENTREPOT_MASTER_KEY: randomBytes(32).toString('base64'),
};
const scene = useSuite({ env });

describe('who may do what', () => {
  const actors = useActors(scene);
  describe('in the data plane', () => dataPlaneMatrix(scene, actors));
  describe('in the control plane', () => restMatrix(scene, actors));
  describe('existence', () => existence(scene, actors));
  describe('a second account', () => secondAccount(scene));
  describe('blobs and uploads of others', () => foreignBlobs(scene, actors));
});
