import { declaredContracts, type Fact } from '../core/contract.js';

/** The reference of the facts as Markdown, between the marks of `docs/events.md`. */
export function eventsReference(): string {
  const facts = [...declaredContracts().facts].sort((a, b) => (a.type < b.type ? -1 : 1));
  const rows = facts.map((fact) => `| [\`${fact.type}\`](#${anchor(fact)}) | ${fact.owner} | ${fact.summary} |`);
  const table = ['| type | from | when, and what is promised |', '| --- | --- | --- |', ...rows].join('\n');
  return [table, ...facts.map(section)].join('\n\n');
}

function section(fact: Fact<never>): string {
  const data = JSON.stringify(fact.example, null, 2);
  return `### ${fact.type}\n\n${fact.summary}\n\n\`\`\`json\n${data}\n\`\`\``;
}

function anchor(fact: Fact<never>): string {
  return fact.type.replaceAll('.', '');
}
