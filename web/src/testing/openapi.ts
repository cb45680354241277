/** The REST API's own page, for tests that hold the app against it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface Shape {
  properties?: Record<string, Shape>;
  required?: string[];
  enum?: unknown[];
}
interface Operation {
  responses: Record<string, { content?: Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Shape>; responses: Operation['responses'] };
}

export const page = parse(readFileSync(path.join(import.meta.dirname, '../../../docs/api/openapi.yaml'), 'utf8')) as Document;

export function examples(route: string, method: string, status = '200'): unknown[] {
  const content = Object.values(page.paths[route]?.[method]?.responses[status]?.content ?? {});
  return content.flatMap(({ example, examples: named = {} }) => [...(example === undefined ? [] : [example]), ...Object.values(named).map(({ value }) => value)]);
}
