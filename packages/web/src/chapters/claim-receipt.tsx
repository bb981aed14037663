import type { Session } from '@warm-pods/core/api/contracts.ts'
import { useContext } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Chapter } from '../components/chapter.tsx'
import { CLAIM } from '../copy/chapters.ts'
import { Simulated } from '../lib/simulated.ts'
import { claimFacts, claimText, isPartial, type Origin, stageMs, stagesMs, totalName } from './claim-model.ts'

/** The API's receipt of the session's last claim. */
export function ClaimReceipt({ session, origin }: { session: Session | undefined; origin: Origin }) {
  const simulated = useContext(Simulated)
  const lead = [
    session ? CLAIM.lead : CLAIM.none,
    ...(session && isPartial(session.receipt) ? [CLAIM.partial] : []),
    ...(origin === 'heal' ? [CLAIM.healed] : []),
  ]
  return (
    <Chapter
      lead={lead.join(' ')}
      aside={
        session && (
          <CopyButton
            text={() => [...(simulated ? [CLAIM.simulated] : []), claimText(session, origin)].join('\n')}
            label={CLAIM.copy}
            done={CLAIM.copied}
            of={CLAIM.title}
          />
        )
      }
    >
      {session && <Stages session={session} origin={origin} />}
    </Chapter>
  )
}

const FILLS = ['bg-foreground/40', 'bg-foreground', 'bg-foreground/60', 'bg-foreground/25']

function Stages({ session, origin }: { session: Session; origin: Origin }) {
  const { receipt } = session
  const { stages } = receipt
  const totalMs = stagesMs(receipt)
  return (
    <>
      <div className="mt-1 flex h-4 overflow-hidden bg-muted" aria-hidden="true">
        {stages.map(({ name, ms }, i) => (
          <div
            key={name}
            className={FILLS[i % FILLS.length]}
            style={{ width: `max(${totalMs === 0 ? 0 : (ms / totalMs) * 100}%, 2px)` }}
          />
        ))}
      </div>
      <div className="grid gap-x-12 gap-y-3 pt-2 lg:grid-cols-[1.6fr_1fr]">
        <table className="data-table">
          <tbody>
            {stages.map(({ name, ms }) => (
              <tr key={name} className="border-b align-baseline">
                <th scope="row" className="font-mono">
                  {name}
                </th>
                <td className="text-right! whitespace-nowrap">{stageMs(ms)}</td>
                <td className="w-full text-muted-foreground">{CLAIM.stages[name]}</td>
              </tr>
            ))}
            <tr className="border-b">
              <th scope="row">{totalName(receipt)}</th>
              <td className="text-right! font-semibold whitespace-nowrap">{stageMs(totalMs)}</td>
              <td />
            </tr>
          </tbody>
        </table>
        <dl className="grid grid-cols-[auto_1fr] content-start gap-x-6 gap-y-0.5 pt-1.5 text-sm">
          {claimFacts(session, origin).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted-foreground">{name}</dt>
              <dd className="tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </>
  )
}
