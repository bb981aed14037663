/**
 * `GET …/pods/<name>/log`, with the options of kubectl logs: follow, tail, since, timestamps, previous, a byte limit.
 */

import type { ServerResponse } from 'node:http'
import { badRequest, type StatusError } from '../apimachinery/status.ts'
import type { ContainerLogs, LogLine } from '../kubelet/container-logs.ts'
import { millisOf } from '../rfc3339.ts'
import type { Pod } from '../types.ts'

export type LogSource = (pod: Pod, container: string, previous: boolean) => ContainerLogs | undefined

const isSet = (query: URLSearchParams, name: string): boolean => ['true', '1'].includes(query.get(name) ?? '')

function containerOf(pod: Pod, wanted: string | null): string {
  const names = pod.spec.containers.map(({ name }) => name)
  const { name } = pod.metadata
  if (wanted) {
    if (names.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${name}`)
  }
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
}

function missing(pod: Pod, container: string, previous: boolean): StatusError {
  const { name } = pod.metadata
  if (previous)
    return badRequest(
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
    )
  const waiting = pod.status.containerStatuses?.find((one) => one.name === container)?.state.waiting
  const why = waiting ? `is waiting to start: ${waiting.reason}` : 'is not available'
  return badRequest(`container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} ${why}`)
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function selected(lines: readonly LogLine[], query: URLSearchParams): readonly LogLine[] {
  const seconds = count(query, 'sinceSeconds')
  const since =
    query.get('sinceTime') ??
    (seconds === undefined ? null : new Date(Date.now() - seconds * 1000).toISOString())
  const recent = since === null ? lines : lines.filter(({ time }) => millisOf(time) >= millisOf(since))
  const tail = count(query, 'tailLines')
  return tail === undefined ? recent : tail === 0 ? [] : recent.slice(-tail)
}

/**
 * Sends the log; with `follow` until the container ends or the client disconnects.
 * @throws StatusError 400 when the container has no log.
 */
export function sendLogs(
  pod: Pod,
  source: LogSource,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const previous = isSet(query, 'previous')
  const container = containerOf(pod, query.get('container'))
  const logs = source(pod, container, previous)
  if (!logs) throw missing(pod, container, previous)
  const first = selected(logs.lines(), query)
  let left = count(query, 'limitBytes') ?? Number.POSITIVE_INFINITY
  const write = ({ time, text }: LogLine): void => {
    const line = Buffer.from(isSet(query, 'timestamps') ? `${time} ${text}\n` : `${text}\n`).subarray(0, left)
    left -= line.length
    if (line.length > 0) response.write(line)
    if (left <= 0) response.end()
  }
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  for (const line of first) if (left > 0) write(line)
  if (!isSet(query, 'follow') || logs.ended()) {
    response.end()
    return
  }
  const undo = logs.follow(write, () => response.end())
  response.once('close', undo)
}
