import { readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'

/** Something the start needs of a cluster and does not find, in a sentence that says what to do. */
export class Missing extends Error {
  override name = 'Missing'
}

export interface KubeconfigPlace {
  /** What `--kubeconfig` said, if it was given; relative to {@link from}. */
  readonly given: string | undefined
  readonly environment: Record<string, string | undefined>
  /** Where the person stands, absolute. */
  readonly from: string
}

/**
 * The files kubectl would read, in its order: the flag, `KUBECONFIG` (a list), `~/.kube/config`.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export function kubeconfigFiles({ given, environment, from }: KubeconfigPlace): string[] {
  if (given !== undefined) return [resolve(from, given)]
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  if (named.length > 0) return named.map((file) => resolve(from, file))
  return [join(environment.HOME ?? '/', '.kube', 'config')]
}

/**
 * Reads kubeconfig files into one, of which each name belongs to the file that has it first, and selects a context.
 * @throws Missing: no file, no YAML, no such context.
 */
export function loadContext(files: readonly string[], context: string): KubeConfig {
  const config = new KubeConfig()
  let read = 0
  for (const file of files) {
    const one = readOne(file)
    if (!one) continue
    read++
    for (const cluster of one.clusters) if (!config.getCluster(cluster.name)) config.addCluster(cluster)
    for (const user of one.users) if (!config.getUser(user.name)) config.addUser(user)
    for (const each of one.contexts) if (!config.getContextObject(each.name)) config.addContext(each)
  }
  if (read === 0)
    throw new Missing(
      `There is no kubeconfig at ${files.join(' or ')}. Name yours: npm start -- --context ${context} --kubeconfig <file>`,
    )
  select(config, context, files)
  return config
}

/** @returns undefined when there is no such file; kubectl passes over it too. */
function readOne(file: string): KubeConfig | undefined {
  const one = new KubeConfig()
  try {
    one.loadFromString(readFileSync(file, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const why = code === 'EACCES' ? 'this user may not read it' : firstLine(error)
    throw new Missing(`The kubeconfig ${file} cannot be used: ${why}.`)
  }
  one.makePathsAbsolute(dirname(file))
  return one
}

function select(config: KubeConfig, context: string, files: readonly string[]): void {
  const found = config.getContextObject(context)
  if (!found) {
    const names = config.contexts.map(({ name }) => name)
    const there =
      names.length > 0 ? `The contexts there are: ${names.join(', ')}.` : 'It names no context at all.'
    throw new Missing(`There is no context "${context}" in ${files.join(' or ')}. ${there}`)
  }
  config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster?.server)
    throw new Missing(
      `The context "${context}" names the cluster "${found.cluster}", of which ${files.join(' or ')} says no address.`,
    )
  if (!config.getCurrentUser())
    throw new Missing(
      `The context "${context}" names the user "${found.user}", whom ${files.join(' or ')} does not have.`,
    )
  // The client refuses plain HTTP unless told that there is no certificate to check; there is none.
  if (cluster.server.startsWith('http:'))
    config.clusters = config.clusters.map((each) =>
      each === cluster ? { ...each, skipTLSVerify: true } : each,
    )
}

/** The first line of whatever went wrong, without a full stop. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.trim().split('\n')[0] ?? '').replace(/\.$/, '') || 'no reason given'
}
