/** The page (docs/api/openapi.yaml) and what is parsed here must speak of the same things: same fields, same words, and each example passes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import * as schemas from './schemas.ts';
import { EventPage, Snapshot } from '@/features/live/live-state.ts';

interface Shape {
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

const page = parse(readFileSync(path.join(import.meta.dirname, '../../../docs/api/openapi.yaml'), 'utf8')) as Document;

function examples(route: string, method: string, status = '200'): unknown[] {
  const content = Object.values(page.paths[route]?.[method]?.responses[status]?.content ?? {});
  return content.flatMap(({ example, examples: named = {} }) => [...(example === undefined ? [] : [example]), ...Object.values(named).map(({ value }) => value)]);
}

const held = ['User', 'Session', 'Ticket', 'Note', 'Code', 'MemberBrief', 'Membership', 'OpenVisit', 'Member', 'Plan', 'Visit', 'Location', 'Present'] as const;

describe('what is parsed', () => {
  it.each(held)('%s has the fields that the page has', (name) => {
    const ours = z.toJSONSchema(schemas[name], { io: 'input' }) as Shape;
    const theirs = page.components.schemas[name];
    expect(Object.keys(ours.properties ?? {}).sort()).toEqual(Object.keys(theirs?.properties ?? {}).sort());
    expect([...(ours.required ?? [])].sort()).toEqual([...(theirs?.required ?? [])].sort());
  });

  it.each(['Role', 'MemberStatus'] as const)('%s has the words that the page has', (name) => {
    expect(schemas[name].options).toEqual(page.components.schemas[name]?.enum);
  });

  it.each([
    ['/auth/login', 'post', schemas.Session],
    ['/auth/refresh', 'post', schemas.Session],
    ['/auth/ticket', 'post', schemas.Ticket],
    ['/me', 'get', schemas.User],
    ['/members/{id}', 'get', schemas.Member],
    ['/members/{id}/memberships', 'get', schemas.page(schemas.Membership)],
    ['/plans', 'get', schemas.page(schemas.Plan)],
    ['/locations/{slug}', 'get', schemas.Location],
    ['/locations/{slug}/snapshot', 'get', Snapshot],
    ['/visits/{id}', 'get', schemas.Visit],
  ] as [string, string, z.ZodType][])('the example of %s (%s) passes', (route, method, schema) => {
    const found = examples(route, method);
    expect(found).not.toHaveLength(0);
    for (const example of found) expect(() => schema.parse(example)).not.toThrow();
  });

  it('each problem document passes', () => {
    const problems = Object.values(page.components.responses).flatMap(({ content = {} }) => Object.values(content).map(({ example }) => example));
    expect(problems.length).toBeGreaterThan(8);
    for (const example of problems) expect(() => schemas.Problem.parse(example)).not.toThrow();
  });

  it("the example's event is one that the front desk knows", () => {
    const [snapshot] = examples('/locations/{slug}/snapshot', 'get');
    expect(Snapshot.parse(snapshot).feed).toHaveLength(1);
    expect(EventPage.parse({ items: [{ type: 'of_tomorrow', payload: {} }], next: null }).items).toHaveLength(0);
  });
});
