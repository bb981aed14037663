import type { RefillRow } from '@warm-pods/core/state/refill-row.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Slot } from '@warm-pods/core/state/slot.ts'
import { failureOf } from '@warm-pods/functions/kubernetes/errors.ts'
import type { AuditEvent, SessionStore } from '@warm-pods/functions/store/sessions.ts'
import type { SlotStore } from '@warm-pods/functions/store/slots.ts'
import * as v from 'valibot'

/** A pod as the table of `npm run top` shows it. */
export interface PodLine {
  readonly name: string
  /** The pod's phase, or `Terminating`, as kubectl shows it. */
  readonly status: string
  readonly isReady: boolean
  readonly restarts: number
  /** ms since 1970, by the cluster's clock. */
  readonly createdAtMs: number
  readonly node: string
}

/** An event of Kubernetes. */
export interface EventLine {
  /** ms since 1970, by the cluster's clock. */
  readonly atMs: number
  readonly type: string
  readonly reason: string
  /** Kind and name. */
  readonly object: string
  readonly message: string
}

/** Everything that `npm run top` shows at one moment. */
export interface View {
  /** Wall clock, ms since 1970. */
  readonly nowMs: number
  /** Without the empty rows of an earlier release. */
  readonly slots: readonly Slot[]
  readonly refill: RefillRow
  /** Sessions that are not finalized, newest first. */
  readonly sessions: readonly SessionRow[]
  readonly cluster:
    | { readonly pods: readonly PodLine[]; readonly events: readonly EventLine[] }
    /** Why pods and events are not shown, without a full stop. */
    | { readonly problem: string }
}

/** Reads one path of the Kubernetes API. */
export type ReadKubernetes = (path: string) => Promise<{ readonly status: number; readonly body: unknown }>

/** Where a view comes from. */
export interface Source {
  /** The name in the head line, such as `stage production`. */
  readonly name: string
  readonly slots: Pick<SlotStore, 'read'>
  readonly sessions: Pick<SessionStore, 'unfinalizedIds' | 'getMany' | 'events'>
  /** A text instead of a function says why there is no cluster to read, without a full stop. */
  readonly kubernetes: ReadKubernetes | string
  readonly namespace: string
  /** Pause between two views, ms. */
  readonly everyMs: number
  close(): void
}

/** Reads a view. Errors of DynamoDB pass through. A problem with Kubernetes is a part of the view. */
export async function readView(source: Source): Promise<View> {
  const [{ slots, refill }, ids, cluster] = await Promise.all([
    source.slots.read(false),
    source.sessions.unfinalizedIds(),
    readCluster(source),
  ])
  const sessions = await source.sessions.getMany(ids)
  return {
    nowMs: Date.now(),
    slots: slots
      .filter(({ former, state }) => !former || state !== 'EMPTY')
      .toSorted((a, b) => a.slot - b.slot),
    refill,
    sessions: sessions.toSorted((a, b) => b.createdAtMs - a.createdAtMs),
    cluster,
  }
}

/**
 * Reads the audit of one session: its id, and its events in their order. Errors of DynamoDB pass through.
 * @param prefix the first characters of the id. A complete id finds a session that has ended too.
 * @returns undefined when no session, or more than one, has an id that begins so.
 */
export async function readAudit(
  { sessions }: Source,
  prefix: string,
): Promise<{ readonly sessionId: string; readonly events: readonly AuditEvent[] } | undefined> {
  const isComplete = prefix.length === 32
  const found = isComplete
    ? [prefix]
    : (await sessions.unfinalizedIds()).filter((id) => id.startsWith(prefix))
  const [sessionId] = found
  if (sessionId === undefined || found.length > 1) return undefined
  const events = await sessions.events(sessionId)
  return isComplete && events.length === 0 ? undefined : { sessionId, events }
}

async function readCluster({ kubernetes, namespace }: Source): Promise<View['cluster']> {
  if (typeof kubernetes === 'string') return { problem: kubernetes }
  const list = async <Item extends v.GenericSchema>(path: string, item: Item) => {
    const { status, body } = await kubernetes(path)
    if (status !== 200) throw new Refused(status, body)
    return v.parse(v.object({ items: v.array(item) }), body).items
  }
  try {
    const [pods, events] = await Promise.all([
      list(`/api/v1/namespaces/${namespace}/pods`, PodObject),
      list(`/api/v1/namespaces/${namespace}/events`, EventObject),
    ])
    return {
      pods: pods.map(podLine).toSorted((a, b) => a.name.localeCompare(b.name)),
      events: events.map(eventLine).toSorted((a, b) => b.atMs - a.atMs),
    }
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message }
    return { problem: failureOf(error)?.problem ?? String(error) }
  }
}

/** The API server refused a request. The message has its words. */
class Refused extends Error {
  override name = 'Refused'
  constructor(status: number, body: unknown) {
    const said = v.safeParse(v.object({ message: v.string() }), body)
    super(`Kubernetes answered ${status}${said.success ? `: ${said.output.message}` : ''}`)
  }
}

const Time = v.nullish(v.string())
const PodObject = v.object({
  metadata: v.object({ name: v.string(), creationTimestamp: Time, deletionTimestamp: Time }),
  spec: v.optional(v.object({ nodeName: v.optional(v.string(), '') }), {}),
  status: v.optional(
    v.object({
      phase: v.optional(v.string(), 'Unknown'),
      conditions: v.optional(v.array(v.object({ type: v.string(), status: v.string() })), []),
      containerStatuses: v.optional(v.array(v.object({ restartCount: v.optional(v.number(), 0) })), []),
    }),
    {},
  ),
})
const EventObject = v.object({
  metadata: v.object({ creationTimestamp: Time }),
  lastTimestamp: Time,
  eventTime: Time,
  type: v.optional(v.string(), ''),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
  involvedObject: v.object({ kind: v.optional(v.string(), ''), name: v.optional(v.string(), '') }),
})

function podLine({ metadata, spec, status }: v.InferOutput<typeof PodObject>): PodLine {
  return {
    name: metadata.name,
    status: metadata.deletionTimestamp ? 'Terminating' : status.phase,
    isReady: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    createdAtMs: timeOf(metadata.creationTimestamp),
    node: spec.nodeName,
  }
}

function eventLine({
  eventTime,
  involvedObject: { kind, name },
  lastTimestamp,
  message,
  metadata,
  reason,
  type,
}: v.InferOutput<typeof EventObject>): EventLine {
  return {
    atMs: timeOf(lastTimestamp ?? eventTime ?? metadata.creationTimestamp),
    type,
    reason,
    object: `${kind} ${name}`,
    message,
  }
}

/** Returns 0 for a time that is missing or unreadable. */
function timeOf(text: string | null | undefined): number {
  return Date.parse(text ?? '') || 0
}
