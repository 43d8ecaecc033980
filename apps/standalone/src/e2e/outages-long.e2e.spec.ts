import { afterAll, describe } from '@jest/globals';
import { natsForAMinute } from './outages/nats-for-a-minute.js';
import { SwitchableNats } from './support/switchable-nats.js';
import { useSuite } from './support/scene.js';

const nats = new SwitchableNats();
const scene = useSuite({ env: { ENTREPOT_NATS_SERVER: nats.program } });
// After the suite has ended.
afterAll(() => nats.remove());

// A file of its own, so that other tests run beside the minute.
describe('when a part of the suite is gone for long', () => natsForAMinute(scene, nats));
