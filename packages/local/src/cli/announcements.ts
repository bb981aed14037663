/** The messages of `npm start`: the system is up, a service failed, an error stopped the start. */

import { join } from 'node:path'
import { inspect } from 'node:util'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { type ServiceChange, ServiceFailed } from '../supervisor/supervisor.ts'
import { UserError } from '../user-error.ts'
import { BuildError } from './build-page.ts'
import type { DataFolderLayout } from './data-folder/layout.ts'
import { storageAdvice } from './data-folder/storage-advice.ts'
import { displayPath } from './output/display-path.ts'
import { seconds, type TerminalOutput } from './output/terminal-output.ts'
import type { ClusterTarget } from './target.ts'

/** Prints the address of the page and the commands to try. It says that the system is open only when a visitor can get a pod. */
export function announceSystem(output: TerminalOutput, system: AnnouncedSystem): void {
  const { cluster, from, layout, problem, root, site } = system
  const isDefaultFolder = layout.data === join(root, '.local')
  const data = isDefaultFolder ? '' : ` -- --data ${displayPath(from, layout.data)}`
  const pods = cluster
    ? `kubectl --context ${cluster.context} -n ${cluster.namespace} get pods --watch`
    : `kubectl --kubeconfig ${displayPath(from, layout.kubeconfig)} get pods --watch`
  const onStop = cluster ? ` and deletes the Jobs of the pool in ${cluster.context}` : ''
  output.print(`
${problem === undefined ? openText(system) : `The page is at ${site}. No pod is warm yet: ${problem}.`}

  ${pods}
  npm run console${data}     shows the tables in a browser
  Ctrl-C              stops every process${onStop}
`)
}

/** The invitation, once a pod is warm. */
export function openText({ cluster, site }: Pick<AnnouncedSystem, 'cluster' | 'site'>): string {
  return `Open ${site} and hold a pod of your own${cluster ? `, in ${cluster.context}` : ''}.`
}

interface AnnouncedSystem {
  readonly site: string
  /** Why no pod is warm, without a full stop. */
  readonly problem?: string | undefined
  readonly layout: DataFolderLayout
  /** The folder of the root package.json, absolute. */
  readonly root: string
  /** The user's current folder, absolute. Printed paths are relative to it. */
  readonly from: string
  /** The user's own cluster, when the pods run there. */
  readonly cluster: ClusterTarget | undefined
}

/**
 * Prints what happened to a service.
 * @param context `from` is the user's current folder, absolute. Printed paths are relative to it.
 * @param stop called with the reason when the supervisor has given the service up.
 */
export function announceServiceChange(
  output: TerminalOutput,
  change: ServiceChange,
  { from, layout }: { readonly from: string; readonly layout: DataFolderLayout },
  stop: (reason: string) => void,
): void {
  const name = capitalized(change.name)
  switch (change.kind) {
    case 'exited':
      output.note(`${name} ${change.why}. Restarting it.`)
      break
    case 'restarted':
      output.note(`${name} is back after ${seconds(change.afterMs)}.`)
      break
    case 'given up':
      stop(
        `${name} keeps failing, so Warm Pods stops. Last failure: ${change.why}. ${storageAdvice(change.why, layout, from)}Full log: ${displayPath(from, change.log)}`,
      )
      break
    default:
      change satisfies never
  }
}

/** @returns the text to print for an error that stops the system while it starts. */
export function startErrorMessage(error: unknown, layout: DataFolderLayout, from: string): string {
  const logs = displayPath(from, layout.logs)
  if (error instanceof UserError) return error.message
  if (error instanceof ServiceFailed)
    return `${capitalized(error.message)}. Warm Pods stops. ${storageAdvice(error.why, layout, from)}The logs of its services are in ${logs}/`
  if (error instanceof BuildError)
    return `The page could not be built: ${error.message}. Full log: ${logs}/page.log`
  const message = messageWithCauses(error)
  const advice = storageAdvice(message, layout, from)
  if (advice !== '') return `${message}. ${advice}`.trimEnd()
  return `Unexpected error, please report it: ${inspect(error)}`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
