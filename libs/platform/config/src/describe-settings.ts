import { settingsOf, type ConfigClass, type DeclaredSetting, type SettingKind } from './setting.decorator.js';

/** A setting as it is told to a person or written to a page. */
export interface SettingDescription {
  env: string;
  kind: SettingKind;
  required: boolean;
  /** The default as text; null when there is none, or when it is a secret. */
  default: string | null;
  min: number | null;
  max: number | null;
  allowed: readonly string[] | null;
  help: string;
  edge: string | null;
  /** Name of the class that declares it. */
  group: string;
}

const WIDTH = 100;

/** All settings of the classes given, each variable once, in the order of the classes. */
export function describeSettings(...classes: ConfigClass[]): SettingDescription[] {
  const byEnv = new Map<string, SettingDescription>();
  for (const configClass of classes) {
    const initial = new configClass() as Record<string, unknown>;
    for (const setting of settingsOf(configClass)) {
      if (!byEnv.has(setting.env))
        byEnv.set(setting.env, describe(setting, initial[setting.property], configClass.name));
    }
  }
  return [...byEnv.values()];
}

/** The text of `--help`: one block per setting. */
export function formatHelp(descriptions: readonly SettingDescription[]): string {
  const intro =
    'Settings are environment variables. Each may also be given as <NAME>_FILE, the path of a file that holds it.';
  return [...wrap(intro, 0), '', ...descriptions.flatMap(block)].join('\n');
}

function describe(setting: DeclaredSetting, initial: unknown, group: string): SettingDescription {
  const preset = setting.default ?? initial ?? null;
  return {
    env: setting.env,
    kind: setting.kind,
    required: preset === null && !setting.optional && !('default' in setting),
    default: preset === null || setting.kind === 'secret' ? null : String(preset),
    min: setting.min ?? null,
    max: setting.max ?? null,
    allowed: setting.allowed ?? null,
    help: setting.help,
    edge: setting.edge ?? null,
    group,
  };
}

function block(setting: SettingDescription): string[] {
  const facts = [
    setting.kind,
    setting.required ? 'required' : setting.default ? `default ${setting.default}` : 'optional',
    range(setting),
    setting.allowed ? `one of ${setting.allowed.join(', ')}` : '',
  ].filter((fact) => fact !== '');
  const text = setting.edge ? `${setting.help} ${setting.edge}` : setting.help;
  return [`  ${setting.env}  (${facts.join('; ')})`, ...wrap(text, 6), ''];
}

function range({ min, max }: SettingDescription): string {
  if (min === null && max === null) return '';
  if (min !== null && max !== null) return `${min} to ${max}`;
  return min !== null ? `at least ${min}` : `at most ${max}`;
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(' '.repeat(indent) + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, ' '.repeat(indent) + line];
}
