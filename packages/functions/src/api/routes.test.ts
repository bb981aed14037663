import { ApiError } from '@warm-pods/core/api/errors.ts'
import { type OperationName, ROUTES } from '@warm-pods/core/api/routes.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchRoute } from './routes.ts'

const ID = 'a'.repeat(32)

/** The error that a method and path are refused with. */
function refusal(method: string, path: string): ApiError {
  try {
    matchRoute(method, path)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('Expected an ApiError, got a route.')
}

describe(matchRoute, () => {
  it.each(Object.keys(ROUTES) as OperationName[])('finds %s by its method and path, with its id', (name) => {
    const { method, path } = ROUTES[name]
    const hasId = path.includes('{id}')
    expect(matchRoute(method, path.replace('{id}', ID))).toEqual(hasId ? { name, id: ID } : { name })
  })

  it('returns the id undecoded and unchecked', () => {
    for (const id of ['..', '%2e%2e', '%2f', 'セ', '{id}', ' '])
      expect(matchRoute('GET', `/session/${id}`)).toEqual({ name: 'read', id })
  })

  it('matches no path with more, fewer or empty parts', () => {
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

  it('lists the allowed methods, and echoes the received one only if it is a word', () => {
    expect(refusal('PATCH', `/session/${ID}`).detail).toEqual({
      field: 'method',
      expected: 'GET, DELETE',
      received: 'PATCH',
    })
    for (const method of ['get', '', 'A'.repeat(17), 'G\nT'])
      expect(refusal(method, '/pool').detail).toMatchObject({ expected: 'GET', received: 'another' })
  })

  it('throws an ApiError for any unknown method and path', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (method, path) => {
        expect(refusal(method, `/${path}`).status).toBeGreaterThanOrEqual(400)
      }),
    )
  })
})
