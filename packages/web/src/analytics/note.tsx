import { useState } from 'react'
import { COUNTING } from '../copy/analytics.ts'
import { isSwitchedOff, switchCounting } from './permission.ts'

interface Props {
  /** The browser asks not to be tracked. */
  readonly asked: boolean
  readonly storage: () => Storage
}

/** The note about counting, with its switch. */
export function Note({ asked, storage }: Props) {
  const [on, setOn] = useState(() => !isSwitchedOff(storage))
  if (asked) return <p>{COUNTING.asked}</p>
  const toggle = () => {
    switchCounting(!on, storage)
    setOn(!isSwitchedOff(storage))
  }
  return (
    <p>
      <span>{`${COUNTING.counted} `}</span>
      <button type="button" role="switch" aria-checked={on} className="link min-h-11" onClick={toggle}>
        {on ? COUNTING.on : COUNTING.off}
      </button>
    </p>
  )
}
