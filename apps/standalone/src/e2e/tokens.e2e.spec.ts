import { describe } from '@jest/globals';
import { anonymousAccess } from './tokens/anonymous-access.js';
import { challenges } from './tokens/challenges.js';
import { forgedTokens } from './tokens/forged-tokens.js';
import { issuing } from './tokens/issuing.js';
import { revocation } from './tokens/revocation.js';
import { useSuite } from './support/scene.js';

const scene = useSuite();

describe('the Docker token protocol', () => {
  describe('challenges', () => challenges(scene));
  describe('tokens', () => issuing(scene));
  describe('tokens that are not ours', () => forgedTokens(scene));
  describe('anonymous access', () => anonymousAccess(scene));
  describe('revocation', () => revocation(scene));
});
