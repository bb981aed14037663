/** The allow-list of the cluster proxy: the functions' requests, and port forwarding to gateway pods for the dev server. */

export interface AllowedRequest {
  /** Port forwarding uses the user's own rights, because the provisioner group has none for it. */
  readonly onBehalfOf: 'functions' | 'user'
}

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?'

/**
 * Looks a request up on the allow-list. Patterns match the whole raw target, undecoded, so `..`, `//` and `%2F` match none.
 * @returns undefined when the request is not allowed.
 */
export function findAllowed(method: string, target: string, namespace: string): AllowedRequest | undefined {
  const [path = '', query = ''] = split(target)
  const core = `/api/v1/namespaces/${namespace}`
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const rules: readonly [string, string][] = [
    ['GET', '/version/?'],
    ['GET POST', jobs],
    ['GET PATCH DELETE', `${jobs}/${NAME}`],
    ['GET', `${core}/pods`],
    ['GET PATCH DELETE', `${core}/pods/${NAME}`],
  ]
  if (method === 'GET' && new RegExp(`^${core}/pods/gateway-${NAME}/portforward$`).test(path))
    return query === 'ports=8080' ? { onBehalfOf: 'user' } : undefined
  const isAllowed = rules.some(
    ([methods, pattern]) => methods.split(' ').includes(method) && new RegExp(`^${pattern}$`).test(path),
  )
  return isAllowed ? { onBehalfOf: 'functions' } : undefined
}

function split(target: string): [string, string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}
