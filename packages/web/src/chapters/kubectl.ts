import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { KUBECTL } from '../copy/chapters.ts'

/** A line for a shell, and what it shows. */
export interface ShellLine {
  readonly line: string
  readonly shows: string
}

/**
 * The lines that show the same as the page, to whoever has access to the cluster.
 * @param namespace undefined when the API does not tell it: then the context's own.
 * @param sessionId a label of the Job and the pod once the claim has been mirrored onto them.
 */
export function kubectlLines(
  namespace: string | undefined,
  sessionId: string,
  pod: Pod,
  before: Pod | undefined,
): ShellLine[] {
  const kubectl = ['kubectl', ...(namespace ? ['-n', quoted(namespace)] : [])].join(' ')
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

/** What is not plain goes into quotes: a line that somebody copies into a shell must be nothing but that line. */
function quoted(text: string): string {
  return /^[\w.=/:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
