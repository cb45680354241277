/** The page (docs/api/openapi.yaml) and what is parsed here must speak of the same things: same fields, same words, and each example passes. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as schemas from './schemas.ts';
import { examples, page, type Shape } from '@/testing/openapi.ts';

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
});
