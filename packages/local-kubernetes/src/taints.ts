/** Taints of the node and tolerations of pods (k8s.io/component-helpers/scheduling/corev1). */

import type { Node, Pod, Taint, Toleration } from './types.ts'

/** The taint of a cordoned node. */
export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Whether a toleration matches a taint. An empty key or effect matches every key or effect. */
function matches({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
}

/** Returns the tolerations of a pod that match a taint. */
export function tolerationsOf(pod: Pod, taint: Taint): Toleration[] {
  return (pod.spec.tolerations ?? []).filter((toleration) => matches(toleration, taint))
}

/** Whether a taint with one of the effects keeps the pod off the node. */
export function isRepelled(pod: Pod, node: Node, effects: readonly Taint['effect'][]): boolean {
  return (node.spec.taints ?? []).some(
    (taint) => effects.includes(taint.effect) && tolerationsOf(pod, taint).length === 0,
  )
}
