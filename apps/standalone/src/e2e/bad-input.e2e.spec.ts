import { beforeAll, describe } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { bodies } from './bad-input/bodies.js';
import { foreignHosts } from './bad-input/foreign-hosts.js';
import { injections } from './bad-input/injections.js';
import { methodsAndPaths } from './bad-input/methods-and-paths.js';
import { namesThatHelp } from './bad-input/names-that-help.js';
import { useSuite } from './support/scene.js';

const scene = useSuite();

describe('bad input is answered by the right code and one helpful sentence, and changes nothing', () => {
  beforeAll(() => scene().root.pushImage('demo/apps/here', aManifest({ seed: 'bad input' }), ['1', '2']));
  describe('bodies', () => bodies(scene));
  describe('methods and paths', () => methodsAndPaths(scene));
  describe('names', () => namesThatHelp(scene));
  describe('injection', () => injections(scene));
  describe('hosts', () => foreignHosts(scene));
});
