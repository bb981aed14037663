import type { Pod } from '@warm-pods/core/api/contracts.ts'
import { SLOT_DETAILS } from '../copy/chapters.ts'

interface Props {
  readonly pod: Pod
  readonly isReady: boolean | undefined
}

/** The pod of a slot in the words of kubectl. A chunk of its own, because it is shown on request. */
export default function SlotDetails({ pod, isReady }: Props) {
  const { fields } = SLOT_DETAILS
  const details = [
    [fields.name, pod.name],
    [fields.uid, pod.uid],
    [fields.node, pod.node],
    [fields.zone, pod.zone],
    [fields.ip, pod.ip],
    ...(isReady === undefined
      ? []
      : [[fields.ready, isReady ? SLOT_DETAILS.ready : SLOT_DETAILS.unconfirmed]]),
    [fields.restarts, SLOT_DETAILS.restarts],
  ]
  return (
    <dl
      translate="no"
      className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 px-4 pb-2 pl-[2.625rem] text-xs text-muted-foreground [&_dd]:font-mono [&_dd]:text-foreground"
    >
      {details.map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
