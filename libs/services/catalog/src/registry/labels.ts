import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, registerDecorator } from 'class-validator';
import { PLAIN_TEXT } from './text-rules.js';

/** As the published guide has them. */
const MAX_LABELS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/** An optional set of labels: at most 50, keys up to 128 characters, values up to 256. What is sent replaces the whole set. */
export function Labels(): PropertyDecorator {
  const described = ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: MAX_VALUE },
    maxProperties: MAX_LABELS,
    description: `At most ${MAX_LABELS}; keys up to ${MAX_KEY} characters. Replaces all that there were.`,
    example: { team: 'payments' },
  });
  return applyDecorators(described, IsOptional(), areLabels) as PropertyDecorator;
}

const areLabels: PropertyDecorator = (target, property) =>
  registerDecorator({
    name: 'labels',
    target: target.constructor,
    propertyName: String(property),
    validator: {
      validate: (value: unknown) => labelsProblem(value) === null,
      defaultMessage: (given) => `${String(property)} ${labelsProblem(given?.value)}`,
    },
  });

/** What is wrong with them, to stand behind "labels"; null when nothing is. */
export function labelsProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object of texts';
  const entries = Object.entries(value);
  if (entries.length > MAX_LABELS) return `must be at most ${MAX_LABELS}, these are ${entries.length}`;
  for (const [key, text] of entries) {
    if (key === '' || key.length > MAX_KEY || !PLAIN_TEXT.test(key)) {
      return `must have keys of 1 to ${MAX_KEY} characters without control characters`;
    }
    if (typeof text !== 'string' || text.length > MAX_VALUE || !PLAIN_TEXT.test(text)) {
      return `must have texts of at most ${MAX_VALUE} characters without control characters as values`;
    }
  }
  return null;
}
