import { describe, it, expect } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { scramVerifier } from './scram-verifier.js';

describe('scramVerifier', () => {
  it('holds the server key of the exchange in RFC 7677 §3', () => {
    const nonce = 'rOprNGfwEbeRWgbNEkqO';
    const both = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const messages = `n=user,r=${nonce},r=${both},s=${salt},i=4096,c=biws,r=${both}`;

    const verifier = scramVerifier('pencil', Buffer.from(salt, 'base64'));
    const [, serverKey = ''] = /:([^:]+)$/.exec(verifier) ?? [];

    expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$/);
    const signature = createHmac('sha256', Buffer.from(serverKey, 'base64')).update(messages).digest('base64');
    expect(signature).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });
});
