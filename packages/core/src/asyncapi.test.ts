import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { asyncapi, closeCodes } from './asyncapi.ts'
import type { CloseName } from './close-codes.ts'
import { LIMITS } from './limits.ts'
import { CLOSE, HANDSHAKE_ERRORS, parsePageMessage, parsePong } from './socket.ts'

const FILE = new URL('../../../docs/asyncapi.yaml', import.meta.url)

/** The official schema of AsyncAPI 3.0.0, draft 07. */
const SCHEMA = new URL(import.meta.resolve('@asyncapi/specs/schemas/3.0.0.json'))

type Json = { [name: string]: unknown }
const document = JSON.parse(JSON.stringify(asyncapi()))

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

/** Every value of a key named `$ref`, at any depth. */
function refsOf(value: unknown): string[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : refsOf(inner),
  )
}

describe(asyncapi, () => {
  it('is the document in docs/asyncapi.yaml; `npx vitest run packages/core/src/asyncapi.test.ts --update` writes it', async () => {
    const text = dump(document, { lineWidth: 130, noRefs: true, quoteStyle: 'double' })
    await expect(`# Generated from packages/core/src/asyncapi.ts.\n${text}`).toMatchFileSnapshot(
      FILE.pathname,
    )
  })

  it('fits the schema of AsyncAPI 3.0.0', () => {
    // The schema brings draft 07 along, so ajv must not add its own copy. Its formats need another library.
    const ajv = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false })
    const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')))
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...document, channels: { pod: { address: 7 } } })).toBe(false)
  })

  it('resolves every reference', () => {
    const refs = refsOf(document)
    expect(refs.length).toBeGreaterThan(10)
    for (const ref of refs) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((here, name) => (isObject(here) ? here[name] : undefined), document)
      expect(found, ref).toBeDefined()
    }
  })

  it('gives each text message an example that its pattern and the parser accept', () => {
    const { messages } = document.components
    const parsers = { ping: parsePageMessage, die: parsePageMessage, pong: parsePong }
    for (const [name, parse] of Object.entries(parsers)) {
      const { payload, examples } = messages[name]
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) {
        expect(example.payload).toMatch(new RegExp(payload.pattern))
        expect(parse(example.payload)).toBeDefined()
      }
    }
  })

  it('names every close code once, and every status of the gateway', () => {
    const described = document.channels.pod
    for (const name of Object.keys(CLOSE) as CloseName[])
      expect(described['x-close-codes']).toContainEqual({ name, ...CLOSE[name] })
    const codes = closeCodes().map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(described['x-handshake-errors'].map(({ status }: { status: number }) => `${status}`)).toEqual(
      Object.keys(HANDSHAKE_ERRORS),
    )
  })

  it('states the default of each limit', () => {
    for (const limit of document.channels.pod['x-limits'])
      expect(limit.default).toBe(LIMITS[limit.name as keyof typeof LIMITS])
  })
})
