import { ApiError } from '@warm-pods/core/api/errors.ts'
import { type OperationName, ROUTES } from '@warm-pods/core/api/routes.ts'

export interface MatchedRoute {
  readonly name: OperationName
  /** The path's `{id}` as received, neither decoded nor checked. */
  readonly id?: string
}

/**
 * Returns the operation of a method and path. The path stays percent-encoded: no session id needs decoding.
 * @throws ApiError no_such_path, no_such_method.
 */
export function matchRoute(method: string, path: string): MatchedRoute {
  const parts = path.split('/')
  const matches = (Object.keys(ROUTES) as OperationName[]).flatMap((name): MatchedRoute[] => {
    const template = ROUTES[name].path.split('/')
    if (template.length !== parts.length) return []
    const isMatch = template.every((part, i) => (part === '{id}' ? parts[i] !== '' : part === parts[i]))
    const id = parts[template.indexOf('{id}')]
    return isMatch ? [{ name, ...(id === undefined ? {} : { id }) }] : []
  })
  if (matches.length === 0) throw new ApiError('no_such_path')
  const found = matches.find(({ name }) => ROUTES[name].method === method)
  if (found) return found
  const allowed = matches.map(({ name }) => ROUTES[name].method).join(', ')
  throw new ApiError('no_such_method', {
    field: 'method',
    expected: allowed,
    received: /^[A-Z]{1,16}$/.test(method) ? method : 'another',
  })
}
