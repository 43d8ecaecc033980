import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigInvalid } from './config-invalid.js';
import { NotAValue, parseSetting, type SettingValue } from './setting-value.js';
import { settingsOf, type ConfigClass, type DeclaredSetting } from './setting.decorator.js';

/** The environment: names and their texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

// A certificate chain is the largest thing that a setting's file holds; 256 KiB is ten of them.
const MAX_FILE_BYTES = 256 * 1024;

/**
 * Reads a configuration class from the environment: typed and frozen. An empty variable counts as not set. Each setting may come from
 * the file that `<ENV>_FILE` names instead, one trailing line break dropped. Throws {@link ConfigInvalid} with every problem found.
 */
export function loadConfig<T extends object>(configClass: ConfigClass<T>, env: Environment = process.env): T {
  const problems: string[] = [];
  const config = read(configClass, env, problems);
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return config;
}

/** Like {@link loadConfig} for several classes at once, so that one start tells all problems of all of them. */
export function loadConfigs<T extends Record<string, object>>(
  classes: { [K in keyof T]: ConfigClass<T[K]> },
  env: Environment = process.env,
): T {
  const problems: string[] = [];
  const entries = Object.entries(classes).map(([name, configClass]) => [name, read(configClass, env, problems)]);
  if (problems.length > 0) throw new ConfigInvalid([...new Set(problems)]);
  return Object.freeze(Object.fromEntries(entries) as T);
}

function read<T extends object>(configClass: ConfigClass<T>, env: Environment, problems: string[]): T {
  const config = new configClass();
  const fields = config as Record<string, unknown>;
  for (const setting of settingsOf(configClass)) {
    try {
      fields[setting.property] = valueOf(setting, env, fields[setting.property]);
    } catch (error) {
      if (!(error instanceof NotAValue)) throw error;
      problems.push(`${setting.env} ${error.message}.`);
    }
  }
  return Object.freeze(config);
}

function valueOf(setting: DeclaredSetting, env: Environment, initial: unknown): SettingValue | undefined {
  const text = textOf(setting.env, env);
  if (text !== undefined) return parseSetting(setting, setting.kind === 'secret' ? text : text.trim());
  const preset = setting.default ?? initial;
  if (preset !== undefined && preset !== null) return ofDefault(setting, preset);
  if (setting.optional || 'default' in setting) return undefined;
  throw new NotAValue(`is not set and has no default: ${lowerFirst(setting.help.replace(/\.$/, ''))}`);
}

function ofDefault(setting: DeclaredSetting, preset: unknown): SettingValue {
  if (typeof preset === 'object' && !Array.isArray(preset)) return preset as SettingValue;
  // An empty default is a value ("none"), not a URL or a path to be checked.
  return preset === '' ? '' : parseSetting(setting, Array.isArray(preset) ? preset.join(',') : String(preset));
}

function textOf(name: string, env: Environment): string | undefined {
  const direct = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (direct !== undefined && file !== undefined)
    throw new NotAValue(`and ${name}_FILE are both set: keep one of them`);
  return file === undefined ? direct : textOfFile(name, file);
}

function textOfFile(name: string, file: string): string {
  let text: string;
  try {
    text = readBounded(file);
  } catch (error) {
    if (error instanceof NotAValue) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new NotAValue(`cannot be read from ${name}_FILE, ${file} (${code})`);
  }
  if (text === '') throw new NotAValue(`cannot be taken from ${name}_FILE, ${file}: the file is empty`);
  return text;
}

function readBounded(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(handle, buffer, length, buffer.length - length, null);
    }
    if (length > MAX_FILE_BYTES)
      throw new NotAValue(`cannot be taken from ${file}: it is larger than ${MAX_FILE_BYTES} bytes`);
    return buffer.toString('utf8', 0, length).replace(/\r?\n$/, '');
  } finally {
    closeSync(handle);
  }
}

function lowerFirst(text: string): string {
  // An abbreviation ("URL of …") keeps its capitals.
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
