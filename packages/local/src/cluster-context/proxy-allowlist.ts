/** What may pass through the door to the cluster: what the functions ask, and the gateway's pods for the front. */

export type Allowed = {
  /** Forwarding a port is the person's own right; the provisioner has none to. */
  readonly as: 'functions' | 'self'
}

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?'

/**
 * Judges a request by its raw target: undecoded and anchored at both ends, so that `..`, `//` and `%2F` name nothing.
 * @returns undefined for whatever the product never asks.
 */
export function allowed(method: string, target: string, namespace: string): Allowed | undefined {
  const [path = '', query = ''] = split(target)
  const here = `/api/v1/namespaces/${namespace}`
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const rules: readonly [string, string][] = [
    ['GET', '/version/?'],
    ['GET POST', jobs],
    ['GET PATCH DELETE', `${jobs}/${NAME}`],
    ['GET', `${here}/pods`],
    ['GET PATCH DELETE', `${here}/pods/${NAME}`],
  ]
  if (method === 'GET' && new RegExp(`^${here}/pods/gateway-${NAME}/portforward$`).test(path))
    return query === 'ports=8080' ? { as: 'self' } : undefined
  const found = rules.some(
    ([methods, pattern]) => methods.split(' ').includes(method) && new RegExp(`^${pattern}$`).test(path),
  )
  return found ? { as: 'functions' } : undefined
}

function split(target: string): [string, string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}
