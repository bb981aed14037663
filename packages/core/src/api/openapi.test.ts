import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { ConnectedBodySchema, EPOCH_MAX, KillQuerySchema, RecoverBodySchema } from './contracts.ts'
import { API_ERRORS, type ApiErrorCode } from './errors.ts'
import { openapi } from './openapi.ts'
import { errorsOf, OPERATIONS, type Operation } from './operations.ts'

type Json = { [name: string]: unknown }
const document = JSON.parse(JSON.stringify(openapi())) as Json
const operations = Object.entries<Operation>(OPERATIONS)

/** The value at a path of names in the document. */
function at(...names: string[]): unknown {
  return names.reduce<unknown>((here, name) => (isObject(here) ? here[name] : undefined), document)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every object in the document, with its path. */
function walk(value: unknown, path: string[] = []): [string[], Json][] {
  if (Array.isArray(value)) return value.flatMap((item, i) => walk(item, [...path, String(i)]))
  if (!isObject(value)) return []
  return [[path, value], ...Object.entries(value).flatMap(([name, inner]) => walk(inner, [...path, name]))]
}

/** JSON Schema 2020-12, as far as our schemas use it; any other keyword is an error. */
function fits(schema: Json, value: unknown): boolean {
  const checks: Record<string, (rule: never) => boolean> = {
    type: (rule: string) => typeOf(value).includes(rule),
    enum: (rule: unknown[]) => rule.includes(value),
    minimum: (rule: number) => typeof value !== 'number' || value >= rule,
    maximum: (rule: number) => typeof value !== 'number' || value <= rule,
    required: (rule: string[]) => !isObject(value) || rule.every((name) => name in value),
    additionalProperties: (rule: false) =>
      rule === false &&
      isObject(value) &&
      Object.keys(value).every((name) => name in (schema.properties as Json)),
    properties: (rule: Record<string, Json>) =>
      !isObject(value) ||
      Object.entries(rule).every(([name, inner]) => !(name in value) || fits(inner, value[name])),
    description: () => true,
    default: () => true,
  }
  return Object.entries(schema).every(([keyword, rule]) => {
    const check = checks[keyword]
    if (!check) throw new Error(`This test does not know the keyword ${keyword}.`)
    return check(rule as never)
  })
}

function typeOf(value: unknown): string[] {
  if (value === null) return ['null']
  if (Array.isArray(value)) return ['array']
  return Number.isInteger(value) ? ['integer', 'number'] : [typeof value]
}

describe(openapi, () => {
  it('is a document of version 3.1 with the required fields', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
    expect(Object.keys(document).sort()).toEqual(['components', 'info', 'openapi', 'paths', 'servers'])
    expect(document.servers).toEqual([{ url: '.', description: expect.any(String) }])
    expect(Object.keys(document.paths as Json).every((path) => path.startsWith('/'))).toBe(true)
  })

  it('resolves every reference, and names every security scheme', () => {
    const refs = walk(document).flatMap(([, object]) =>
      typeof object.$ref === 'string' ? [object.$ref] : [],
    )
    expect(refs.length).toBeGreaterThan(0)
    for (const ref of new Set(refs)) expect(at(...ref.replace('#/', '').split('/'))).toBeDefined()
    const schemes = walk(document).flatMap(([, { security }]) =>
      Array.isArray(security) ? security.flatMap((s) => Object.keys(s)) : [],
    )
    for (const scheme of new Set(schemes)) expect(at('components', 'securitySchemes', scheme)).toBeDefined()
  })

  it('gives every schema a type, a choice or a reference, so that none accepts anything', () => {
    const schemas = walk(document).flatMap(([path, { schema }]) =>
      isObject(schema) ? [{ path, schema }] : [],
    )
    const inner = schemas.flatMap(({ path, schema }) => walk(schema.properties ?? {}, path).slice(1))
    expect(inner.length).toBeGreaterThan(100)
    for (const { path, schema } of schemas)
      expect({ path, typed: 'type' in schema || '$ref' in schema }).toEqual({ path, typed: true })
  })

  it.each(operations)(
    'describes %s: its id, parameters, body, responses and authentication',
    (name, operation) => {
      const here = at('paths', operation.path, operation.method.toLowerCase())
      expect(here).toMatchObject({ operationId: name, summary: operation.summary })
      const parameters = (here as { parameters: { name: string; in: string; required: boolean }[] })
        .parameters
      const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id)
      expect(parameters.filter((p) => p.in === 'path').map((p) => [p.name, p.required])).toEqual(
        inPath.map((id) => [id, true]),
      )
      expect(isObject(here) && 'requestBody' in here).toBe(operation.body !== undefined)
      expect(isObject(here) && 'security' in here).toBe(operation.auth === 'visitor')
      const responses = (here as { responses: Json }).responses
      for (const response of Object.values(responses))
        expect(response).toMatchObject({ description: expect.stringMatching(/./) })
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(Object.keys(operation.responses)))
    },
  )

  it.each(operations)('lists every error of %s under its status, with its message', (_name, operation) => {
    for (const code of errorsOf(operation)) {
      const { status, message } = API_ERRORS[code]
      const method = operation.method.toLowerCase()
      const described = at('paths', operation.path, method, 'responses', String(status), 'description')
      expect(described).toContain(`\`${code}\`: ${message}`)
    }
  })

  it('leaves no error out', () => {
    const text = JSON.stringify(document)
    for (const code of Object.keys(API_ERRORS) as ApiErrorCode[]) expect(text).toContain(`\`${code}\``)
  })

  it('gives no two operations one id, and no two one method and path', () => {
    const calls = operations.map(([, { method, path }]) => `${method} ${path}`)
    expect(new Set(calls).size).toBe(calls.length)
  })
})

describe('the schemas of the document', () => {
  const bodyOf = (path: string): Json =>
    at('paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema') as Json
  const epoch = fc.oneof(
    fc.integer({ min: -2, max: 3 }),
    fc.constantFrom<unknown>(0, 1.5, EPOCH_MAX, EPOCH_MAX + 1, '1', null, true, [1], 1e300),
  )
  const how = fc.constantFrom<unknown>('failover', 'heal', 'HEAL', '', 1, null)
  const ms = fc.constantFrom<unknown>(0, 0.5, 3_600_000, 3_600_001, -1, '1', null)

  it.each([
    [
      'recover',
      RecoverBodySchema,
      bodyOf('/session/{id}/recover'),
      fc.record({ epoch, how, extra: fc.constant(1) }, { requiredKeys: [] }),
    ],
    [
      'connected',
      ConnectedBodySchema,
      bodyOf('/session/{id}/connected'),
      fc.record({ epoch, connectMs: ms, firstPongMs: ms, extra: fc.constant(1) }, { requiredKeys: [] }),
    ],
  ])('accept and reject the same bodies for %s as validation does', (_name, schema, json, input) => {
    const taken = new Set<boolean>()
    fc.assert(
      fc.property(input, (body) => {
        taken.add(v.is(schema, body))
        expect(fits(json, body)).toBe(v.is(schema, body))
      }),
      { numRuns: 1_000 },
    )
    expect(taken).toEqual(new Set([true, false]))
  })

  it('list the kill options and the default', () => {
    const parameters = at('paths', '/session/{id}/pod', 'delete', 'parameters')
    expect(parameters).toContainEqual({
      name: 'how',
      in: 'query',
      required: false,
      schema: { type: 'string', enum: ['polite', 'crash', 'freeze'], default: 'polite' },
    })
    expect(v.parse(KillQuerySchema, {})).toEqual({ how: 'polite' })
  })
})
