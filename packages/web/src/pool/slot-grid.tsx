import type { PoolSlot } from '@warm-pods/core/api/contracts.ts'
import { type KeyboardEvent, memo, type PointerEvent, type ReactNode, useRef, useState } from 'react'
import { cn } from '@/lib/utils'
import { SLOT_GRID } from '../copy/pool.ts'
import { slotIcon } from './pool-model.ts'
import { countsOf, slotLabel, stateWord } from './slot-grid-model.ts'
import { SlotIcon, type SlotIconName } from './slot-icon.tsx'

interface Props {
  readonly slots: readonly PoolSlot[]
  /** Whether the API does not answer, so that the slots are shown as they were. */
  readonly isPast: boolean
  /** Returns the row of a slot. */
  readonly row: (slot: PoolSlot) => ReactNode
}

/** Above this number the squares are smaller. */
const SMALL_FROM = 100

/**
 * The slots of a large pool: a count of each state, a square for each slot, and the row of one chosen slot. The keyboard and screen
 * readers choose it by one range input, which is one tab stop. The squares themselves are for the pointer.
 */
export default function SlotGrid({ slots, isPast, row }: Props) {
  const grid = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<number>()
  const last = slots.length - 1
  const index = Math.min(chosen ?? 0, last)
  const slot = slots[index]
  const onKeyDown = (event: KeyboardEvent) => {
    const rows = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (rows === undefined || !grid.current) return
    event.preventDefault()
    const columns = getComputedStyle(grid.current).gridTemplateColumns.split(' ').length
    const next = index + rows * columns
    if (next >= 0 && next <= last) setChosen(next)
  }
  const onPointerDown = ({ target }: PointerEvent) => {
    const square = target instanceof Element ? target.closest<HTMLElement>('[data-index]') : null
    if (square) setChosen(Number(square.dataset.index))
  }
  return (
    <div className="border-t px-4 py-2.5">
      <ul
        aria-label={SLOT_GRID.states}
        className="flex flex-wrap gap-x-4 gap-y-0.5 pb-2 text-sm tabular-nums"
      >
        {countsOf(slots).map(({ count, state }) => (
          <li key={state} className="flex items-center gap-1.5">
            <SlotIcon name={slotIcon({ state }, isPast)} className="size-2.5" />
            <span>{SLOT_GRID.count(count, stateWord(state))}</span>
          </li>
        ))}
      </ul>
      <div className="relative">
        <input
          type="range"
          // It covers the squares for screen readers, and leaves the pointer to them.
          className="peer pointer-events-none absolute inset-0 z-10 size-full opacity-0"
          aria-label={SLOT_GRID.choose(slots.length)}
          aria-valuetext={slot && slotLabel(slot, slots.length, isPast)}
          min={0}
          max={last}
          value={index}
          onChange={({ target }) => setChosen(target.valueAsNumber)}
          onKeyDown={onKeyDown}
          // A range that was not moved yet has chosen its first slot.
          onFocus={({ target }) => setChosen(target.valueAsNumber)}
        />
        <div
          ref={grid}
          aria-hidden="true"
          onPointerDown={onPointerDown}
          className={cn(
            'slot-grid max-h-64 min-h-11 cursor-pointer overflow-y-auto peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-ring',
            slots.length > SMALL_FROM ? 'slot-grid-small' : 'slot-grid-large',
          )}
        >
          {slots.map((each, i) => (
            <Square
              key={each.slot}
              index={i}
              icon={slotIcon(each, isPast)}
              isChosen={chosen !== undefined && i === index}
            />
          ))}
        </div>
      </div>
      {chosen === undefined || !slot ? (
        <p className="min-h-11 pt-2 text-sm text-muted-foreground">{SLOT_GRID.hint}</p>
      ) : (
        <>
          <p className="pt-2 pb-1 text-sm text-muted-foreground">{SLOT_GRID.chosen(slot.slot + 1)}</p>
          <ul className="-mx-4" key={slot.slot}>
            {row(slot)}
          </ul>
        </>
      )}
    </div>
  )
}

const Square = memo(function Square({
  index,
  icon,
  isChosen,
}: {
  index: number
  icon: SlotIconName
  isChosen: boolean
}) {
  return (
    <span data-index={index} className={cn('slot-square', isChosen && 'slot-chosen')}>
      <SlotIcon name={icon} className="block size-full" />
    </span>
  )
})
