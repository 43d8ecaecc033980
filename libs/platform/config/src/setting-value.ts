import { resolve } from 'node:path';
import type { DeclaredSetting } from './setting.decorator.js';
import { Secret } from './secret.js';

/** What a setting's field holds once it is read. */
export type SettingValue = string | number | boolean | readonly string[] | Secret;

/** Why a text is no value for its setting: the end of a sentence that begins with the setting's name. */
export class NotAValue extends Error {
  override readonly name = 'NotAValue';
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
};
const SECOND_UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** Reads a setting's text, checks its range, and freezes it. Throws {@link NotAValue}; a secret's text is never in the message. */
export function parseSetting(setting: DeclaredSetting, text: string): SettingValue {
  switch (setting.kind) {
    case 'integer':
      return inRange(setting, integer(text), '');
    case 'bytes':
      return inRange(
        setting,
        withUnit(text, BYTE_UNITS, 'a number of bytes such as 512MiB, 10GiB or 1048576'),
        ' bytes',
      );
    case 'duration-seconds':
      return inRange(setting, withUnit(text, SECOND_UNITS, 'a duration such as 90, 90s, 15m, 12h or 7d'), ' seconds');
    case 'boolean':
      return boolean(text);
    case 'list':
      return list(setting, text);
    case 'url':
      return ofLength(setting, url(text));
    case 'path':
      return resolve(ofLength(setting, text));
    case 'string':
      return ofLength(setting, oneOf(setting, text));
    case 'secret':
      return new Secret(ofLength(setting, text));
  }
}

function integer(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new NotAValue(`is ${quoted(text)}, not a whole number`);
  return value;
}

function withUnit(text: string, units: Readonly<Record<string, number>>, wanted: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text);
  const unit = match && Object.hasOwn(units, match[2] ?? '') ? units[match[2] ?? ''] : undefined;
  const value = unit === undefined ? NaN : Number(match?.[1]) * unit;
  if (!Number.isSafeInteger(Math.round(value))) throw new NotAValue(`is ${quoted(text)}, not ${wanted}`);
  return Math.round(value);
}

function boolean(text: string): boolean {
  const value = Object.hasOwn(BOOLEANS, text.toLowerCase()) ? BOOLEANS[text.toLowerCase()] : undefined;
  if (value === undefined) throw new NotAValue(`is ${quoted(text)}, not true or false`);
  return value;
}

function list(setting: DeclaredSetting, text: string): readonly string[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => oneOf(setting, entry));
  inRange(setting, entries.length, ' entries');
  return Object.freeze(entries);
}

// The text is not repeated: a URL may carry a password.
function url(text: string): string {
  if (!URL.canParse(text)) throw new NotAValue('is not a URL such as https://registry.example.com');
  return text;
}

function oneOf(setting: DeclaredSetting, text: string): string {
  if (setting.allowed && !setting.allowed.includes(text)) {
    throw new NotAValue(`is ${quoted(text)}, not one of ${setting.allowed.join(', ')}`);
  }
  return text;
}

function inRange(setting: DeclaredSetting, value: number, unit: string): number {
  const { min = -Infinity, max = Infinity } = setting;
  if (value < min) throw new NotAValue(`is ${value}${unit}, below the smallest value allowed, ${min}`);
  if (value > max) throw new NotAValue(`is ${value}${unit}, above the largest value allowed, ${max}`);
  return value;
}

function ofLength(setting: DeclaredSetting, text: string): string {
  const { min = 0, max = Infinity } = setting;
  if (text.length < min) throw new NotAValue(`has ${text.length} characters, fewer than the ${min} that it needs`);
  if (text.length > max) throw new NotAValue(`has ${text.length} characters, more than the ${max} allowed`);
  return text;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
