import { describe } from '@jest/globals';
import { testComposition } from '@entrepot/testing';
import { closedWrites } from './outages/closed-writes.js';
import { serverOutages } from './outages/servers.js';
import { serviceOutages } from './outages/services.js';
import { useSuite } from './support/scene.js';

const scene = useSuite();

describe('when a part of the suite is gone', () => {
  describe('a server that all need', () => serverOutages(scene));
  // In one process no service can be gone alone.
  if (testComposition() === 'services') describe('a service', () => serviceOutages(scene));
  describe('room or permission to write', () => closedWrites(scene));
});
