import { readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { UserError } from '../user-error.ts'

export interface KubeconfigLookup {
  /** The value of `--kubeconfig`, relative to {@link from}. */
  readonly given: string | undefined
  readonly environment: Record<string, string | undefined>
  /** The user's current folder, absolute. */
  readonly from: string
}

/**
 * Returns the files that kubectl would read, in its order: the flag, `KUBECONFIG` (a list), `~/.kube/config`.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export function kubeconfigFiles({ given, environment, from }: KubeconfigLookup): string[] {
  if (given !== undefined) return [resolve(from, given)]
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  if (named.length > 0) return named.map((file) => resolve(from, file))
  return [join(environment.HOME ?? '/', '.kube', 'config')]
}

/**
 * Merges kubeconfig files and selects a context. For each name, the first file that defines it wins.
 * @throws UserError when no file exists, a file is not YAML, or the context does not exist or is incomplete.
 */
export function loadContext(files: readonly string[], context: string): KubeConfig {
  const config = new KubeConfig()
  let read = 0
  for (const file of files) {
    const part = readFile(file)
    if (!part) continue
    read++
    for (const cluster of part.clusters) if (!config.getCluster(cluster.name)) config.addCluster(cluster)
    for (const user of part.users) if (!config.getUser(user.name)) config.addUser(user)
    for (const other of part.contexts) if (!config.getContextObject(other.name)) config.addContext(other)
  }
  if (read === 0)
    throw new UserError(
      `There is no kubeconfig at ${files.join(' or ')}. Name one: --context ${context} --kubeconfig <file>`,
    )
  select(config, context, files)
  return config
}

/** @returns undefined when the file does not exist. kubectl ignores missing files too. */
function readFile(file: string): KubeConfig | undefined {
  const config = new KubeConfig()
  try {
    config.loadFromString(readFileSync(file, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const reason = code === 'EACCES' ? 'this user may not read it' : firstLine(error)
    throw new UserError(`The kubeconfig ${file} cannot be read: ${reason}.`)
  }
  config.makePathsAbsolute(dirname(file))
  return config
}

function select(config: KubeConfig, context: string, files: readonly string[]): void {
  const found = config.getContextObject(context)
  if (!found) {
    const names = config.contexts.map(({ name }) => name)
    const known = names.length > 0 ? `Its contexts are: ${names.join(', ')}.` : 'It has no contexts.'
    throw new UserError(`There is no context "${context}" in ${files.join(' or ')}. ${known}`)
  }
  config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster?.server)
    throw new UserError(
      `The context "${context}" refers to the cluster "${found.cluster}", which has no server address in ${files.join(' or ')}. Add it there, or choose another context.`,
    )
  if (!config.getCurrentUser())
    throw new UserError(
      `The context "${context}" refers to the user "${found.user}", which is not in ${files.join(' or ')}. Add it there, or choose another context.`,
    )
  // The library rejects plain HTTP unless `skipTLSVerify` is set. Plain HTTP has no certificate to check.
  if (cluster.server.startsWith('http:'))
    config.clusters = config.clusters.map((other) =>
      other === cluster ? { ...other, skipTLSVerify: true } : other,
    )
}

/** @returns the first line of an error's message, without a full stop. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.trim().split('\n')[0] ?? '').replace(/\.$/, '') || 'unknown error'
}
