import { memo } from 'react'
import type { Kill } from '../visit/kill.ts'
import { EarlierKills } from './earlier-kills.tsx'
import { Receipt } from './receipt.tsx'

/** The receipts of a visit, the newest in full. A chunk of its own: nobody needs it before the first kill. */
function Receipts({ kills: [kill, ...earlier] }: { kills: readonly Kill[] }) {
  if (!kill) return null
  return (
    <>
      <Receipt kill={kill} />
      {earlier.length > 0 && <EarlierKills kills={earlier} />}
    </>
  )
}

export default memo(Receipts)
