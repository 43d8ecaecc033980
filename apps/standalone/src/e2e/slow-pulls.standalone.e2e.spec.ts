import { describe } from '@jest/globals';
import { slowPulls } from './slow-pulls/slow-pulls.js';
import { useSuite } from './support/scene.js';

const scene = useSuite({ env: { ENTREPOT_ENCRYPTION: 'on' } });

describe('many slow clients', () => slowPulls(scene));
