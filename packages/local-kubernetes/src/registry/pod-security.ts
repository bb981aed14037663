/**
 * Pod Security admission, level `restricted`: the rules that a template of this product can violate
 * (k8s.io/pod-security-admission/policy). The labels of a namespace turn it on: `enforce` refuses pods, `warn` warns.
 */

import { isObject } from '../apimachinery/json.ts'
import type { Resource } from '../apimachinery/resources.ts'
import { forbidden } from '../apimachinery/status.ts'
import type { Store } from '../store.ts'
import type { Container, Job, KubeObject, Pod, PodSpec } from '../types.ts'

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')

/** Returns a message about the violating containers; undefined without any. */
function violationOf(names: readonly string[], message: (subject: string) => string): string | undefined {
  if (names.length === 0) return undefined
  return message(`${names.length === 1 ? 'container' : 'containers'} ${quoted(names)}`)
}

type Check = (spec: PodSpec, containers: readonly Container[]) => string | undefined
const own = (container: Container, field: string): unknown => container.securityContext?.[field]
const failing = (containers: readonly Container[], bad: (one: Container) => boolean): string[] =>
  containers.filter(bad).map(({ name }) => name)
const at = (value: unknown, field: string): unknown => (isObject(value) ? value[field] : undefined)
const includes = (value: unknown, item: string): boolean => Array.isArray(value) && value.includes(item)

const CHECKS: readonly Check[] = [
  (spec) => {
    const set = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true)
    return set.length > 0 ? `host namespaces (${set.map((field) => `${field}=true`).join(', ')})` : undefined
  },
  (_, containers) =>
    violationOf(
      failing(containers, (one) => own(one, 'privileged') === true),
      (subject) => `privileged (${subject} must not set securityContext.privileged=true)`,
    ),
  (_, containers) =>
    violationOf(
      failing(containers, (one) => own(one, 'allowPrivilegeEscalation') !== false),
      (subject) =>
        `allowPrivilegeEscalation != false (${subject} must set securityContext.allowPrivilegeEscalation=false)`,
    ),
  (_, containers) =>
    violationOf(
      failing(containers, (one) => !includes(at(own(one, 'capabilities'), 'drop'), 'ALL')),
      (subject) =>
        `unrestricted capabilities (${subject} must set securityContext.capabilities.drop=["ALL"])`,
    ),
  (spec) => {
    const volumes = Array.isArray(spec.volumes) ? spec.volumes.filter((volume) => at(volume, 'hostPath')) : []
    const names = volumes.map((volume) => String(at(volume, 'name')))
    const [noun, verb] = names.length === 1 ? ['volume', 'uses'] : ['volumes', 'use']
    return names.length > 0
      ? `restricted volume types (${noun} ${quoted(names)} ${verb} restricted volume type "hostPath")`
      : undefined
  },
  (spec, containers) => {
    const inherited = spec.securityContext?.runAsNonRoot === true
    return violationOf(
      failing(containers, (one) => (own(one, 'runAsNonRoot') ?? inherited) !== true),
      (subject) => `runAsNonRoot != true (pod or ${subject} must set securityContext.runAsNonRoot=true)`,
    )
  },
  (spec, containers) => {
    const byPod =
      spec.securityContext?.runAsUser === 0 ? 'runAsUser=0 (pod must not set runAsUser=0)' : undefined
    return (
      violationOf(
        failing(containers, (one) => own(one, 'runAsUser') === 0),
        (subject) => `runAsUser=0 (${subject} must not set runAsUser=0)`,
      ) ?? byPod
    )
  },
  (spec, containers) => {
    const allowed = (profile: unknown): boolean =>
      ['RuntimeDefault', 'Localhost'].includes(String(at(profile, 'type')))
    const inherited = spec.securityContext?.seccompProfile
    return violationOf(
      failing(containers, (one) => !allowed(own(one, 'seccompProfile') ?? inherited)),
      (subject) =>
        `seccompProfile (pod or ${subject} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    )
  },
]

/** Returns all violations of `restricted` in one message; undefined when there is none. */
export function restrictedViolations(spec: PodSpec): string | undefined {
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const found = CHECKS.map((check) => check(spec, containers)).filter((violation) => violation !== undefined)
  return found.length > 0 ? found.join(', ') : undefined
}

/**
 * Checks a pod or a Job against the labels of its namespace, and calls `warn` if the namespace asks for warnings.
 * @throws StatusError 403 for a pod that the namespace refuses.
 */
export function podSecurityViolation(
  store: Store,
  resource: Resource,
  object: KubeObject,
  warn: ((text: string) => void) | undefined,
): void {
  if (resource.name !== 'pods' && resource.name !== 'jobs') return
  const labels = store.get('namespaces', undefined, object.metadata.namespace ?? '')?.metadata.labels
  const enforced = labels?.['pod-security.kubernetes.io/enforce'] === 'restricted'
  const warned = labels?.['pod-security.kubernetes.io/warn'] === 'restricted'
  if (!enforced && !warned) return
  // `resource` determines which of the two kinds it is.
  const spec = resource.name === 'pods' ? (object as Pod).spec : (object as Job).spec.template.spec
  const violations = restrictedViolations(spec)
  if (!violations) return
  const level = (mode: string): string =>
    JSON.stringify(`restricted:${labels?.[`pod-security.kubernetes.io/${mode}-version`] ?? 'latest'}`)
  if (enforced && resource.name === 'pods')
    throw forbidden(resource, object.metadata.name, `violates PodSecurity ${level('enforce')}: ${violations}`)
  if (warned) warn?.(`would violate PodSecurity ${level('warn')}: ${violations}`)
}
