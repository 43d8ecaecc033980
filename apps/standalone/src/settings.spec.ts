import { describe, expect, it } from '@jest/globals';
import { settingsOf } from './settings.js';

describe('the settings of a suite', () => {
  it('are read without those that it makes itself', () => {
    expect(settingsOf({}).port).toBe(5000);
  });

  it.each([
    ['ENTREPOT_PORT', '99999'],
    ['ENTREPOT_READ_ONLY', 'maybe'],
    ['ENTREPOT_MIN_FREE_BYTES', 'lots'],
    ['ENTREPOT_PUBLIC_URL', 'foo'],
    ['ENTREPOT_PRIVATE_DOMAIN', 'bad domain!'],
    ['ENTREPOT_CATALOG_POOL_SIZE', '0'],
  ])('are refused before anything starts when %s is %s', (name, value) => {
    expect(() => settingsOf({ [name]: value })).toThrow(name);
  });
});
