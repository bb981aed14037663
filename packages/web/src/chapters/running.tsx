import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { memo } from 'react'
import { Badge } from '@/components/ui/badge'
import { PILL, RUNNING } from '../copy/chapters.ts'
import type { RequestLog } from '../lib/request-log.ts'
import { SlotIcon, type SlotIconName } from '../pool/slot-icon.tsx'
import type { Probe } from '../probe/probe.ts'
import { podOf, type Status } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'
import { runsOn, shortImage } from './running-text.ts'
import { VerifyButton } from './verify-button.tsx'

interface Props {
  readonly visit: Visit
  readonly pool: Pool
  readonly probe: Probe
  readonly requestLog: RequestLog | undefined
}

/** The state of the visit, and the cluster and release it runs on. */
export const Running = memo(function Running({ visit, pool, probe, requestLog }: Props) {
  const { phase } = visit
  const pod = podOf(phase)
  return (
    <section
      aria-label={RUNNING.title}
      className="flex flex-wrap items-center gap-x-3 gap-y-1.5 pt-2 text-sm text-muted-foreground"
    >
      <Badge className="text-foreground">
        <SlotIcon name={iconOf(phase.status)} />
        <span>{PILL[phase.status]}</span>
      </Badge>
      {pod && (
        <Badge className="max-w-full font-mono" translate="no">
          {pod.name}
        </Badge>
      )}
      {'requestId' in phase && phase.requestId && (
        <Badge className="border-kill font-mono text-kill">{phase.requestId}</Badge>
      )}
      <VerifyButton visit={visit} pool={pool} probe={probe} requestLog={requestLog} />
      <p className="w-full text-[0.8125rem] lg:w-auto lg:flex-1 lg:text-right">
        <span>{runsOn(pool.cluster)}</span>
        {pool.cluster.image && (
          <span>
            <span>{` · ${RUNNING.image} `}</span>
            <span className="font-mono text-xs" translate="no">
              {shortImage(pool.cluster.image)}
            </span>
          </span>
        )}
      </p>
    </section>
  )
})

/** Returns the slot icon that fits a state of the visit. */
function iconOf(status: Status): SlotIconName {
  if (status === 'live' || status === 'degraded' || status === 'expiring') return 'yours'
  if (status === 'terminating' || status === 'recovering' || status === 'lost') return 'dying'
  if (status === 'failed' || status === 'offline' || status === 'blocked') return 'dying'
  return 'starting'
}
