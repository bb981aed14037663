import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { KUBECTL } from '../copy/chapters.ts'

/** A shell command and a description of its output. */
export interface ShellLine {
  readonly line: string
  readonly shows: string
}

/**
 * Returns commands that show the same as the page to a reader with access to the cluster.
 * @param namespace undefined when the API does not report it; then the context's namespace applies.
 * @param isLocal whether the pods are of `npm start`, whose kubeconfig the lines then name.
 * @param sessionId a label of the Job and the pod after refill has labelled them with the claim.
 */
export function kubectlLines(
  namespace: string | undefined,
  sessionId: string,
  pod: Pod,
  before: Pod | undefined,
  isLocal = false,
): ShellLine[] {
  const kubectl = [
    'kubectl',
    ...(isLocal ? ['--kubeconfig', KUBECTL.kubeconfig] : []),
    ...(namespace ? ['-n', quoted(namespace)] : []),
  ].join(' ')
  return [
    { line: `${kubectl} get pod ${quoted(pod.name)} -o jsonpath='{.metadata.uid}'`, shows: KUBECTL.uid },
    { line: `${kubectl} get jobs,pods -l ${quoted(`session-id=${sessionId}`)}`, shows: KUBECTL.yours },
    ...(before
      ? [
          {
            line: `${kubectl} get events --field-selector ${quoted(`involvedObject.uid=${before.uid}`)}`,
            shows: KUBECTL.events,
          },
        ]
      : []),
  ]
}

/** Quotes text with special characters, so that a copied line cannot run anything else in a shell. */
function quoted(text: string): string {
  return /^[\w.=/:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
