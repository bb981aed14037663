import { expect, expectTypeOf, it } from 'vitest'
import type { HowToDie, Session } from './contracts.ts'
import { errorsOf, OPERATIONS, type OperationName, type RequestOf, type ResponseOf } from './operations.ts'
import { ROUTES } from './routes.ts'

it('has the operations of the page’s table, each with its method, path and authentication', () => {
  expect(Object.keys(OPERATIONS)).toEqual(Object.keys(ROUTES))
  for (const name of Object.keys(ROUTES) as OperationName[])
    expect(OPERATIONS[name]).toMatchObject(ROUTES[name])
})

it('authenticates every operation on a session', () => {
  for (const { path, auth } of Object.values(OPERATIONS))
    expect([path, auth]).toEqual([path, path.startsWith('/session') ? 'visitor' : 'none'])
})

it('infers requests and responses from the schemas', () => {
  expectTypeOf<{ id: string; query: { how: HowToDie; epoch: string } }>().toExtend<RequestOf<'kill'>>()
  // @ts-expect-error: the kill query needs an epoch as text.
  expectTypeOf<{ id: string; query: { epoch: number } }>().toExtend<RequestOf<'kill'>>()
  expectTypeOf<RequestOf<'pool'>>().toEqualTypeOf<unknown>()
  expectTypeOf<ResponseOf<'claim'>>().toEqualTypeOf<
    { readonly status: 201; readonly body: Session } | { readonly status: 202; readonly body: Session }
  >()
  expectTypeOf<ResponseOf<'release'>>().toEqualTypeOf<{ readonly status: 204 }>()
})

it('adds the errors that authentication, path and body imply, each once', () => {
  const always = ['bad_query', 'bad_body', 'body_too_large', 'asleep', 'internal']
  expect(errorsOf(OPERATIONS.pool)).toEqual(expect.arrayContaining(always))
  expect(errorsOf(OPERATIONS.pool)).not.toContain('bad_secret')
  expect(errorsOf(OPERATIONS.claim)).toEqual(expect.arrayContaining(['bad_secret', 'unavailable', ...always]))
  expect(errorsOf(OPERATIONS.claim)).not.toContain('bad_id')
  const recover = errorsOf(OPERATIONS.recover)
  expect(recover).toEqual(
    expect.arrayContaining(['bad_secret', 'bad_id', 'no_session', 'bad_type', 'old_epoch']),
  )
  expect(new Set(recover).size).toBe(recover.length)
  expect(errorsOf(OPERATIONS.release)).not.toContain('bad_type')
})
