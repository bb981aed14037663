/**
 * The environment of a container: the variables of its manifest, and PATH of this machine. No other variable of the
 * engine's environment is passed to a pod.
 */

import { hostname } from 'node:os'
import type { Container, EnvVar, Pod } from '../types.ts'

/** A reference that cannot be resolved. The container then waits with CreateContainerConfigError, as in a cluster. */
export class EnvError extends Error {
  override name = 'EnvError'
}

function fieldValue(pod: Pod, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (map === 'labels' || map === 'annotations') return pod.metadata[map]?.[key ?? ''] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.podIP':
    case 'status.podIPs':
      return pod.status.podIP ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return pod.status.hostIP ?? ''
    default:
      throw new EnvError(`field label not supported: ${path}`)
  }
}

function sourceValue(pod: Pod, { name, valueFrom }: EnvVar): string {
  if (valueFrom?.fieldRef) return fieldValue(pod, valueFrom.fieldRef.fieldPath)
  const [kind = 'valueFrom'] = Object.keys(valueFrom ?? {})
  throw new EnvError(`${kind} of ${name} cannot be read: this engine has neither Secrets nor ConfigMaps`)
}

/** Replaces `$(NAME)` by a variable that was defined before. `$$(NAME)` becomes the text `$(NAME)`. */
function expand(value: string, known: Record<string, string>): string {
  return value.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known[name] ?? whole),
  )
}

/**
 * Returns all variables of a container of `pod`, whose address must be known.
 * @throws EnvError when a reference cannot be resolved.
 */
export function containerEnv(pod: Pod, container: Container): Record<string, string> {
  if (container.envFrom?.length)
    throw new EnvError('envFrom cannot be read: this engine has neither Secrets nor ConfigMaps')
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOSTNAME: pod.metadata.name || hostname(),
  }
  for (const variable of container.env ?? [])
    env[variable.name] = variable.valueFrom ? sourceValue(pod, variable) : expand(variable.value ?? '', env)
  return env
}
