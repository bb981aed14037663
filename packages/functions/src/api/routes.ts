import { ApiError } from '@warm-pods/core/api/errors.ts'
import { OPERATIONS, type OperationName } from '@warm-pods/core/api/operations.ts'

export interface Route {
  readonly name: OperationName
  readonly id?: string
}

/**
 * Finds the operation of a method and path. Paths are matched as they came, undecoded: what needs decoding is no id of ours.
 * @throws ApiError no_such_path, no_such_method.
 */
export function route(method: string, path: string): Route {
  const parts = path.split('/')
  const here = (Object.keys(OPERATIONS) as OperationName[]).flatMap((name): Route[] => {
    const template = OPERATIONS[name].path.split('/')
    if (template.length !== parts.length) return []
    const fits = template.every((part, i) => (part === '{id}' ? parts[i] !== '' : part === parts[i]))
    const id = parts[template.indexOf('{id}')]
    return fits ? [{ name, ...(id === undefined ? {} : { id }) }] : []
  })
  if (here.length === 0) throw new ApiError('no_such_path')
  const found = here.find(({ name }) => OPERATIONS[name].method === method)
  if (found) return found
  const methods = here.map(({ name }) => OPERATIONS[name].method).join(', ')
  throw new ApiError('no_such_method', {
    field: 'method',
    expected: methods,
    received: /^[A-Z]{1,16}$/.test(method) ? method : 'another',
  })
}
