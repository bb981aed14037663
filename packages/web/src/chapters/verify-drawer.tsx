import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import { aliasOf } from '@warm-pods/core/identity/alias.ts'
import { type ReactNode, useSyncExternalStore } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Disclosure } from '@/components/ui/disclosure'
import { Sheet } from '@/components/ui/sheet'
import { CLAIM, VERIFY_DRAWER } from '../copy/chapters.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import { timeOfDay } from '../lib/format.ts'
import type { Exchange, RequestLog } from '../lib/request-log.ts'
import type { Probe } from '../probe/probe.ts'
import { useProbe } from '../probe/use-probe.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { kubectlLines } from './kubectl.ts'
import { helloText } from './running-text.ts'

export interface VerifyDrawerProps {
  readonly visit: Visit
  readonly pool: Pool
  readonly probe: Probe
  readonly requestLog: RequestLog | undefined
  readonly onClose: () => void
}

/** Evidence for the page's claims: pod UIDs, the API's raw answers, and kubectl commands that show the same. */
export default function VerifyDrawer({
  visit: { phase, recoveries },
  pool,
  probe,
  requestLog,
  onClose,
}: VerifyDrawerProps) {
  const kind = kindOf(pool.cluster)
  const session = 'session' in phase ? phase.session : undefined
  const pod = session?.pod
  const { exit, outage } = recoveries[0] ?? {}
  const before = outage?.of.pod
  return (
    <Sheet
      title={VERIFY_DRAWER.title}
      description={VERIFY_DRAWER.lead[kind]}
      close={VERIFY_DRAWER.close}
      onClose={onClose}
    >
      <Section title={VERIFY_DRAWER.pods}>
        <PodTable pods={[pod, before?.uid === pod?.uid ? undefined : before]} />
        {before && exit && (
          <p className="pt-2 text-sm text-muted-foreground">{VERIFY_DRAWER.exit(before.alias, exit)}</p>
        )}
        <p className="pt-2 text-sm text-muted-foreground">{agreed([pod, before])}</p>
        {pod && <PodHello pod={pod} probe={probe} />}
        {session?.requestId && (
          <p className="pt-1 text-sm text-muted-foreground">
            <span>{`${VERIFY_DRAWER.request} `}</span>
            <code className="font-mono text-xs break-all" translate="no">
              {session.requestId}
            </code>
            <span>{`. ${VERIFY_DRAWER.requestFound}`}</span>
          </p>
        )}
      </Section>
      {session && pod && kind !== 'simulated' && (
        <Section title={VERIFY_DRAWER.kubectl}>
          <p className="text-sm text-muted-foreground">
            {kind === 'local' ? VERIFY_DRAWER.kubectlLocal : VERIFY_DRAWER.kubectlLead}
          </p>
          <ul className="pt-1">
            {kubectlLines(pool.cluster.namespace, session.id, pod, before, kind === 'local').map(
              ({ line, shows }) => (
                <li key={line} className="border-b py-2">
                  <div className="flex items-start gap-2">
                    <code className="flex-1 pt-2.5 font-mono text-xs break-all">{line}</code>
                    <CopyButton text={() => line} label={CLAIM.copy} done={CLAIM.copied} of={shows} />
                  </div>
                  <p className="text-sm text-muted-foreground">{shows}</p>
                </li>
              ),
            )}
          </ul>
        </Section>
      )}
      <Section title={VERIFY_DRAWER.answers}>
        {requestLog ? (
          <Answers requestLog={requestLog} />
        ) : (
          <p className="text-sm">{VERIFY_DRAWER.noRequestLog}</p>
        )}
      </Section>
    </Sheet>
  )
}

/** The pod's own hello on its socket, which does not pass the API. */
function PodHello({ pod, probe }: { pod: Pod; probe: Probe }) {
  return <p className="pt-1 text-sm text-muted-foreground">{helloText(pod, useProbe(probe)?.hello)}</p>
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="pt-7">
      <h3 className="eyebrow border-b border-rule pb-1.5">{title}</h3>
      <div className="pt-2">{children}</div>
    </section>
  )
}

const FIELDS = ['alias', 'name', 'uid', 'node', 'zone', 'ip', 'startedAt'] as const

function PodTable({ pods }: { pods: readonly (Pod | undefined)[] }) {
  const shown = pods.flatMap((pod, i) => (pod ? [{ pod, title: VERIFY_DRAWER.columns[i] }] : []))
  if (shown.length === 0) return <p className="text-sm">{VERIFY_DRAWER.noPod}</p>
  return (
    <div className="overflow-x-auto">
      <table className="data-table">
        <thead>
          <tr>
            <td />
            {shown.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {FIELDS.map((field) => (
            <tr key={field} className="border-t align-top">
              <th scope="row">{VERIFY_DRAWER.fields[field]}</th>
              {shown.map(({ pod, title }) => (
                <td key={title} className="min-w-32 font-mono text-xs break-all">
                  {pod[field]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Returns whether this browser computes the same friendly names from the UIDs. */
function agreed(pods: readonly (Pod | undefined)[]): string {
  const known = pods.flatMap((pod) => pod ?? [])
  if (known.length === 0) return ''
  return known.every(({ alias, uid }) => aliasOf(uid) === alias)
    ? VERIFY_DRAWER.aliasesAgree
    : VERIFY_DRAWER.aliasesDiffer
}

function Answers({ requestLog }: { requestLog: RequestLog }) {
  const exchanges = useSyncExternalStore(requestLog.subscribe, requestLog.snapshot)
  return (
    <>
      <p className="text-sm text-muted-foreground">{VERIFY_DRAWER.answersLead}</p>
      <ul className="pt-1">
        {exchanges.map((exchange) => (
          <li key={exchange.id} className="border-b">
            <Answer exchange={exchange} />
          </li>
        ))}
      </ul>
    </>
  )
}

function Answer({ exchange: { call, status, ms, at, body } }: { exchange: Exchange }) {
  return (
    <Disclosure
      summaryClassName="flex-wrap gap-x-3 text-foreground"
      summary={
        <>
          <span className="font-mono text-xs break-all underline decoration-border underline-offset-4">
            {call}
          </span>
          <span className="font-semibold tabular-nums">{status ?? VERIFY_DRAWER.silence}</span>
          <span className="ml-auto whitespace-nowrap text-muted-foreground tabular-nums">
            {`${Math.round(ms)} ms · ${timeOfDay(at)}`}
          </span>
        </>
      }
    >
      <pre className="mb-3 bg-muted p-3 font-mono text-xs break-all whitespace-pre-wrap">
        {indented(body)}
      </pre>
    </Disclosure>
  )
}

/** Returns the body with indented JSON. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body || VERIFY_DRAWER.empty
  }
}
