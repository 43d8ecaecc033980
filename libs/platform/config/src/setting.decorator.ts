import 'reflect-metadata';

/** What a setting's text means. `bytes` and `duration-seconds` are whole numbers in the unit of their name. */
export type SettingKind =
  'integer' | 'string' | 'boolean' | 'bytes' | 'duration-seconds' | 'url' | 'path' | 'list' | 'secret';

/** A default as it may be written in code: the value itself, or its text (`'10GiB'`). */
export type SettingDefault = string | number | boolean | readonly string[] | null | undefined;

/** One documented setting. */
export interface SettingOptions {
  /** Name in the environment. `<env>_FILE` may name a file that holds the value instead. */
  env: string;
  kind: SettingKind;
  /**
   * Used when the environment is silent. `undefined` or `null`, when written out, makes the setting optional. A class field's
   * initialiser is a default too. A setting without any of these is required.
   */
  default?: SettingDefault;
  /** Makes a setting without a default optional: its field is then `undefined`. */
  optional?: boolean;
  /** Smallest number; for text its fewest characters, for a list its fewest entries. */
  min?: number;
  /** Largest number; for text its most characters, for a list its most entries. */
  max?: number;
  /** The only texts allowed (for a list: for each entry). */
  allowed?: readonly string[];
  /** What it is for, one sentence. */
  help: string;
  /** What happens at the edge of its range, or when it is missing. */
  edge?: string;
}

/** A setting together with the field that it fills. */
export interface DeclaredSetting extends SettingOptions {
  property: string;
}

/** A class whose fields are settings. */
export type ConfigClass<T extends object = object> = new () => T;

const declared = new WeakMap<object, DeclaredSetting[]>();

/** Declares that a field of a configuration class is read from the environment. */
export function Setting(options: SettingOptions): PropertyDecorator {
  return (prototype, property) => {
    const settings = declared.get(prototype) ?? [];
    settings.push({ ...options, property: String(property) });
    declared.set(prototype, settings);
  };
}

/** The settings of a class, those that it inherits first, in the order of their declaration. */
export function settingsOf(configClass: ConfigClass): DeclaredSetting[] {
  const chain: DeclaredSetting[][] = [];
  for (let at: object | null = configClass.prototype as object; at; at = Object.getPrototypeOf(at) as object | null) {
    chain.unshift(declared.get(at) ?? []);
  }
  return chain.flat();
}
