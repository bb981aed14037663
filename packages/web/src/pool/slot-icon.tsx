/** The state of a slot. The word beside the icon and its colour show the same state. */
export type SlotIconName = 'warm' | 'yours' | 'taken' | 'starting' | 'dying'

/** An icon of 14 px unless `className` has another size: a full, ringed, striped or dashed square, or a cross. */
export function SlotIcon({ name, className = 'size-3.5' }: { name: SlotIconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 14 14"
      className={`shrink-0 ${className} ${COLOUR[name]}`}
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
    >
      {name === 'warm' && <rect width="14" height="14" fill="currentColor" stroke="none" />}
      {name === 'yours' && (
        <>
          <rect x="0.75" y="0.75" width="12.5" height="12.5" strokeWidth="1.5" />
          <rect x="3.5" y="3.5" width="7" height="7" fill="currentColor" stroke="none" />
        </>
      )}
      {name === 'taken' && (
        <>
          <rect x="0.75" y="0.75" width="12.5" height="12.5" strokeWidth="1.5" />
          <path d="M1 4.5h12M1 7h12M1 9.5h12" strokeWidth="1" />
        </>
      )}
      {name === 'starting' && (
        <rect x="0.75" y="0.75" width="12.5" height="12.5" strokeWidth="1.5" strokeDasharray="2.5 2" />
      )}
      {name === 'dying' && <path d="M1.5 1.5l11 11M12.5 1.5l-11 11" strokeWidth="2" />}
    </svg>
  )
}

const COLOUR: Record<SlotIconName, string> = {
  warm: 'text-foreground',
  yours: 'text-pod',
  taken: 'text-muted-foreground',
  starting: 'text-muted-foreground',
  dying: 'text-kill',
}
