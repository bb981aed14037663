import { ApiError } from '@warm-pods/core/api/errors.ts'
import { OPERATIONS, type OperationName } from '@warm-pods/core/api/operations.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { route } from './routes.ts'

const ID = 'a'.repeat(32)

/** The fault that a route is refused with. */
function refusal(method: string, path: string): ApiError {
  try {
    route(method, path)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('It was found.')
}

describe(route, () => {
  it.each(Object.keys(OPERATIONS) as OperationName[])(
    'finds %s by its method and path, with its id',
    (name) => {
      const { method, path } = OPERATIONS[name]
      const hasId = path.includes('{id}')
      expect(route(method, path.replace('{id}', ID))).toEqual(hasId ? { name, id: ID } : { name })
    },
  )

  it('hands ids on as they came, undecoded and unjudged', () => {
    for (const id of ['..', '%2e%2e', '%2f', 'セ', '{id}', ' '])
      expect(route('GET', `/session/${id}`)).toEqual({ name: 'read', id })
  })

  it('knows no path with more, fewer or empty parts', () => {
    for (const path of [
      '',
      '/',
      '//',
      '/session/',
      '/session//pod',
      `/session/${ID}/`,
      `/session/${ID}/pod/x`,
      'pool',
    ])
      expect(refusal('GET', path).code).toBe('no_such_path')
  })

  it('says which methods an address takes, and repeats the one that came only if it is a word', () => {
    expect(refusal('PATCH', `/session/${ID}`).detail).toEqual({
      field: 'method',
      expected: 'GET, DELETE',
      received: 'PATCH',
    })
    for (const method of ['get', '', 'A'.repeat(17), 'G\nT'])
      expect(refusal(method, '/pool').detail).toMatchObject({ expected: 'GET', received: 'another' })
  })

  it('finds something or throws a ApiError, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (method, path) => {
        expect(refusal(method, `/${path}`).status).toBeGreaterThanOrEqual(400)
      }),
    )
  })
})
